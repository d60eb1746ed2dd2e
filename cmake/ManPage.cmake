# SPDX-License-Identifier: GPL-2.0-or-later
#
# man_pages(NAME.SECTION … [COMPONENT NAME] [WRITER TARGET]): builds each page from
# NAME.SECTION.scd in the current directory, and installs it; pages with a COMPONENT only with that
# component. With a WRITER, NAME.SECTION.scd is what this program makes of NAME.SECTION.scd.in, and
# is in the build directory. Without scdoc no pages are built, and a message says so.
find_program(SCDOC scdoc)
if(NOT SCDOC)
  message(STATUS "scdoc is not installed: no man pages are built")
endif()

set(MAN_FIRST_LINE "${CMAKE_CURRENT_LIST_DIR}/first-line.man")

# Sets SOURCE to the file that scdoc reads, and adds the target source-of-PAGE that writes it.
function(written_page page writer source)
  set(template "${CMAKE_CURRENT_SOURCE_DIR}/${page}.scd.in")
  set(written "${CMAKE_CURRENT_BINARY_DIR}/${page}.scd")
  add_custom_command(OUTPUT "${written}"
    COMMAND sh -c "'$<TARGET_FILE:${writer}>' < '${template}' > '${written}'"
    DEPENDS ${writer} "${template}" VERBATIM)
  add_custom_target(source-of-${page} DEPENDS "${written}")
  set(${source} "${written}" PARENT_SCOPE)
endfunction()

function(man_pages)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "COMPONENT;WRITER" "")
  set(with)
  if(arg_COMPONENT)
    set(with COMPONENT ${arg_COMPONENT} EXCLUDE_FROM_ALL)
  endif()
  foreach(page ${arg_UNPARSED_ARGUMENTS})
    string(REGEX MATCH "[0-9]$" section ${page})
    set(made "${CMAKE_CURRENT_BINARY_DIR}/${page}")
    set(source "${CMAKE_CURRENT_SOURCE_DIR}/${page}.scd")
    if(arg_WRITER)
      written_page(${page} ${arg_WRITER} source)
    endif()
    if(NOT SCDOC)
      continue()
    endif()
    # scdoc does not write the first line, which says that a page has tables (man(1), PREPROCESSORS).
    add_custom_command(OUTPUT "${made}"
      COMMAND sh -c "{ cat '${MAN_FIRST_LINE}' && '${SCDOC}' < '${source}'; } > '${made}'"
      DEPENDS "${source}" "${MAN_FIRST_LINE}" VERBATIM)
    add_custom_target(man-${page} ALL DEPENDS "${made}")
    install(FILES "${made}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}" ${with})
  endforeach()
endfunction()
