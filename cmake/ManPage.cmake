# SPDX-License-Identifier: GPL-2.0-or-later
#
# man_pages(NAME.SECTION … [COMPONENT NAME]): builds each page from NAME.SECTION.scd in the
# current directory, and installs it; pages with a COMPONENT only with that component. Without
# scdoc no pages are built, and a message says so.
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
