# SPDX-License-Identifier: GPL-2.0-or-later
#
# Read by ctest after boot_tests, the list of all boot tests. The tests in tests/essential.txt get
# the label `essential`, all others `long`. An entry without a test is an error.
cmake_policy(VERSION 3.25)
if(NOT DEFINED boot_tests)
  return() # boot_test is not built
endif()
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../essential.txt essential REGEX "^[^#]")
set(found)
foreach(test IN LISTS boot_tests)
  string(REGEX REPLACE "^boot\\.((Linux|Long)/)?|  # GetParam.*" "" name "${test}")
  set(label long)
  if(name IN_LIST essential)
    set(label essential)
    list(APPEND found "${name}")
  endif()
  set_tests_properties("${test}" PROPERTIES LABELS "boot;${label}")
endforeach()
list(REMOVE_ITEM essential ${found})
if(essential)
  message(FATAL_ERROR "tests/essential.txt names tests that do not exist: ${essential}")
endif()
