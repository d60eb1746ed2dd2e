# SPDX-License-Identifier: GPL-2.0-or-later
#
# kmod_static: libkmod as a static library, with xz, zstd and zlib, for the static vfio-early.
#
# No distribution packages a libkmod.a, and kmod's own build systems refuse to make one. So its
# library sources are compiled here: from -DKMOD_SOURCE=DIR, or from the distribution's source,
# which ci/setup fetches. They are not changed, and this project contains no part of kmod. The
# list of the library's sources is read from kmod's own build files, and the features that it
# needs from its sources. Something unknown in a version is an error: it never builds a
# different library.
include(CheckCSourceCompiles)
include(CheckIncludeFile)
include(CheckStructHasMember)
include(CheckSymbolExists)

if(NOT KMOD_SOURCE)
  if(DEFINED ENV{VFIO_EARLY_CACHE})
    set(_cache "$ENV{VFIO_EARLY_CACHE}")
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(_cache "$ENV{XDG_CACHE_HOME}/vfio-early")
  else()
    set(_cache "$ENV{HOME}/.cache/vfio-early")
  endif()
  set(KMOD_SOURCE "${_cache}/kmod")
endif()
if(NOT EXISTS "${KMOD_SOURCE}/libkmod/libkmod.c")
  message(FATAL_ERROR "kmod's source is not at ${KMOD_SOURCE}.\n"
    "On Debian and Ubuntu run `bash ci/setup` once; elsewhere unpack kmod's release (30 or later) "
    "and give -DKMOD_SOURCE=DIR.")
endif()

# kmod 30 to 34 have Makefile.am, 34 and later meson.build. Both list libkmod/….c and
# shared/….c for this library only.
function(kmod_sources OUT)
  set(_file "${KMOD_SOURCE}/meson.build")
  if(NOT EXISTS "${_file}")
    set(_file "${KMOD_SOURCE}/Makefile.am")
  endif()
  file(READ "${_file}" _text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_file}")
  string(REGEX MATCHALL "(libkmod|shared)/[a-z0-9_-]+\\.c" _sources "${_text}")
  list(REMOVE_DUPLICATES _sources)
  list(FILTER _sources EXCLUDE REGEX "-(openssl|mbedtls)\\.c$")  # options, as in kmod_check
  foreach(_expected libkmod/libkmod.c libkmod/libkmod-module.c shared/util.c)
    if(NOT _expected IN_LIST _sources)
      message(FATAL_ERROR "${_file} does not list ${_expected}: cmake/Kmod.cmake does not support "
        "this version of kmod.")
    endif()
  endforeach()
  foreach(_source IN LISTS _sources)
    if(NOT EXISTS "${KMOD_SOURCE}/${_source}")
      message(FATAL_ERROR "${KMOD_SOURCE}/${_source} is missing, although ${_file} lists it.")
    endif()
  endforeach()
  list(TRANSFORM _sources PREPEND "${KMOD_SOURCE}/")
  set(${OUT} "${_sources}" PARENT_SCOPE)
endfunction()

# Sets KMOD_NAME: does the system have the feature of the macro NAME?
function(kmod_check NAME)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_DEFINITIONS -D_GNU_SOURCE)
  if(NAME MATCHES "^ENABLE_(XZ|ZLIB|ZSTD)$")
    set(KMOD_${NAME} 1 CACHE INTERNAL "")
  elseif(NAME MATCHES "^ENABLE_"  # options: the program needs no other
         OR NAME STREQUAL "HAVE_FINIT_MODULE")  # called by its number: glibc does not declare it
    set(KMOD_${NAME} "" CACHE INTERNAL "")
  elseif(NAME MATCHES "^HAVE___BUILTIN_")
    string(REGEX REPLACE "^HAVE_" "" _name "${NAME}")
    string(TOLOWER "${_name}" _name)
    check_c_source_compiles(
      "#if !__has_builtin(${_name})\n#error no\n#endif\nint main(void) { return 0; }" KMOD_${NAME})
  elseif(NAME MATCHES "^HAVE_(DECL_)?(BASENAME|BE32TOH|STRNDUPA|__XSTAT|(__)?SECURE_GETENV)$")
    string(TOLOWER "${CMAKE_MATCH_2}" _name)
    check_symbol_exists(${_name} "endian.h;stdlib.h;string.h;sys/stat.h" KMOD_${NAME})
  elseif(NAME STREQUAL "HAVE_LINUX_MODULE_H")
    check_include_file(linux/module.h KMOD_${NAME})
  elseif(NAME STREQUAL "HAVE_STRUCT_STAT_ST_MTIM")
    check_struct_has_member("struct stat" st_mtim sys/stat.h KMOD_${NAME})
  elseif(NAME STREQUAL "HAVE_NORETURN")
    check_c_source_compiles(
      "_Noreturn void f(void) { for (;;) {} } int main(void) { f(); }" KMOD_${NAME})
  elseif(NAME STREQUAL "HAVE_STATIC_ASSERT")
    check_c_source_compiles(
      "_Static_assert(1, \"\"); int main(void) { return 0; }" KMOD_${NAME})
  else()
    message(FATAL_ERROR "kmod's sources ask for ${NAME}, for which cmake/Kmod.cmake has no check.")
  endif()
endfunction()

# Writes the config.h that kmod's configuration would write. A missing feature stays undefined
# if the sources test it with #ifdef, else it is 0.
function(kmod_configure FILE)
  set(_text "")
  file(GLOB _files "${KMOD_SOURCE}/libkmod/*.[ch]" "${KMOD_SOURCE}/shared/*.[ch]")
  foreach(_file IN LISTS _files)
    file(READ "${_file}" _one)
    string(APPEND _text "${_one}")
  endforeach()
  string(REGEX MATCHALL "(ENABLE|HAVE)_[A-Z0-9_]+" _names "${_text}")
  list(REMOVE_DUPLICATES _names)
  foreach(_name ENABLE_XZ ENABLE_ZLIB ENABLE_ZSTD)
    if(NOT _name IN_LIST _names)
      message(FATAL_ERROR "kmod's sources do not use ${_name}: cmake/Kmod.cmake does not support "
        "this version of kmod.")
    endif()
  endforeach()
  set(_config [[
#define PACKAGE "kmod"
#define SYSCONFDIR "/etc"
/* From kmod 32 on. */
#define DISTCONFDIR "/lib"
#define MODULE_DIRECTORY "/lib/modules"
/* From kmod 34 on: the C library's dlopen does not work in a static program. */
#define dlopen kmod_dlopen
]])
  foreach(_name IN LISTS _names)
    kmod_check(${_name})
    if(KMOD_${_name})
      string(APPEND _config "#define ${_name} 1\n")
    elseif(NOT _text MATCHES "(ifn?def +|defined *\\(? *)${_name}[^A-Z0-9_]")
      string(APPEND _config "#define ${_name} 0\n")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT "${FILE}" CONTENT "${_config}" @ONLY)
endfunction()

kmod_sources(_sources)
kmod_configure("${CMAKE_BINARY_DIR}/kmod/config.h")
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/kmod/dlopen.c" CONTENT
  "void *dlopen(const char *name, int flags) { return (void *)0; }\n")
add_library(kmod_static STATIC ${_sources} "${CMAKE_BINARY_DIR}/kmod/dlopen.c")
target_include_directories(kmod_static
  PRIVATE "${CMAKE_BINARY_DIR}/kmod" "${KMOD_SOURCE}"
  INTERFACE "${KMOD_SOURCE}/libkmod")
target_compile_options(kmod_static PRIVATE -std=gnu11 -w -include config.h -D_GNU_SOURCE
  -DANOTHER_BRICK_IN_THE -fvisibility=hidden -fno-common -ffunction-sections -fdata-sections
  -fno-asynchronous-unwind-tables)
# By name, not by path: the linker then takes lib….a under -static.
target_link_libraries(kmod_static PUBLIC zstd lzma z)
