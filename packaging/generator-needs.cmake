# SPDX-License-Identifier: GPL-2.0-or-later
#
# cpack reads this before it makes a package: the programs that the generator needs, and the command
# that installs each.
function(need program package)
  find_program(found_${program} ${program})
  if(NOT found_${program})
    message(FATAL_ERROR "cpack -G ${CPACK_GENERATOR}: ${program} is missing. Install it: ${package}")
  endif()
endfunction()

if(CPACK_GENERATOR STREQUAL "DEB")
  need(file "apt install file")  # to find the programs whose libraries become dependencies
  need(dpkg-shlibdeps "apt install dpkg-dev")
elseif(CPACK_GENERATOR STREQUAL "RPM")
  need(rpmbuild "dnf install rpm-build, or apt install rpm")
endif()
