# SPDX-License-Identifier: GPL-2.0-or-later
#
# kmod_static: libkmod as a static library, with xz, zstd and zlib, for the static vfio-early.
#
# Debian, Fedora and Arch package no libkmod.a and kmod 30's configure refuses to build one, so its
# library sources are compiled here: from -DKMOD_SOURCE=DIR, or from where ci/setup put Debian's.
# They are used as they are; nothing of kmod is kept in this project.
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
    "On Debian run `bash ci/setup` once; elsewhere unpack kmod's release (30 to 33) and give "
    "-DKMOD_SOURCE=DIR.")
endif()

# What kmod's configure would find with glibc. What is tested with #ifdef stays undefined.
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/kmod/config.h" CONTENT [[
#define HAVE_DECL_BE32TOH 1
#define HAVE_DECL_STRNDUPA 1
#define HAVE_LINUX_MODULE_H 1
#define HAVE_SECURE_GETENV 1
#define HAVE_STRUCT_STAT_ST_MTIM 1
#define HAVE___BUILTIN_UADDL_OVERFLOW 1
#define HAVE___BUILTIN_UADDLL_OVERFLOW 1
#define ENABLE_XZ 1
#define ENABLE_ZLIB 1
#define ENABLE_ZSTD 1
#define PACKAGE "kmod"
#define SYSCONFDIR "/etc"
/* From kmod 32 on. */
#define DISTCONFDIR "/lib"
#define HAVE_DECL_BASENAME 1
#define MODULE_DIRECTORY "/lib/modules"
]])

set(_sources)
foreach(_name libkmod libkmod-builtin libkmod-list libkmod-config libkmod-index libkmod-module
              libkmod-file libkmod-elf libkmod-signature)
  list(APPEND _sources "${KMOD_SOURCE}/libkmod/${_name}.c")
endforeach()
foreach(_name array hash scratchbuf strbuf util)
  list(APPEND _sources "${KMOD_SOURCE}/shared/${_name}.c")
endforeach()

add_library(kmod_static STATIC ${_sources})
target_include_directories(kmod_static
  PRIVATE "${CMAKE_BINARY_DIR}/kmod" "${KMOD_SOURCE}"
  INTERFACE "${KMOD_SOURCE}/libkmod")
target_compile_options(kmod_static PRIVATE -std=gnu11 -w -include config.h -D_GNU_SOURCE
  -DANOTHER_BRICK_IN_THE -fvisibility=hidden -fno-common -ffunction-sections -fdata-sections
  -fno-asynchronous-unwind-tables)
# By name, not by path: the linker then takes lib….a under -static.
target_link_libraries(kmod_static PUBLIC zstd lzma z)
