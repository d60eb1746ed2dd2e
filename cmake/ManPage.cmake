# SPDX-License-Identifier: GPL-2.0-or-later
#
# man_pages(NAME.SECTION … [COMPONENT NAME]): builds and installs each from NAME.SECTION.scd, which
# stands beside its program; those of a component with that component alone. Without scdoc the
# programs are built all the same, and a message says what is missing.
find_program(SCDOC scdoc)
if(NOT SCDOC)
  message(STATUS "scdoc is not installed: no man pages are built")
endif()

function(man_pages)
  if(NOT SCDOC)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 0 arg "" COMPONENT "")
  set(with)
  if(arg_COMPONENT)
    set(with COMPONENT ${arg_COMPONENT} EXCLUDE_FROM_ALL)
  endif()
  foreach(page ${arg_UNPARSED_ARGUMENTS})
    string(REGEX MATCH "[0-9]$" section ${page})
    set(made "${CMAKE_CURRENT_BINARY_DIR}/${page}")
    set(source "${CMAKE_CURRENT_SOURCE_DIR}/${page}.scd")
    add_custom_command(OUTPUT "${made}" COMMAND sh -c "'${SCDOC}' < '${source}' > '${made}'"
      DEPENDS "${source}" VERBATIM)
    add_custom_target(man-${page} ALL DEPENDS "${made}")
    install(FILES "${made}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}" ${with})
  endforeach()
endfunction()
