// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: hidden_holder FILE
//
// Keeps FILE open so that no /proc/PID/fd shows it: the descriptor is in a message that nobody
// receives (SCM_RIGHTS, unix(7)). A driver whose remove() waits until its devices are closed, such
// as snd_hda_intel, then hangs as if it were broken. Prints "holding", and runs until it is killed.
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv) {
  int ends[2];
  const int file = argc == 2 ? ::open(argv[1], O_RDONLY) : -1;
  if (file < 0 || ::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) {
    std::perror("hidden_holder");
    return 1;
  }
  char byte = 0;
  iovec text = {.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &file, sizeof file);
  if (::sendmsg(ends[0], &message, 0) != 1) {
    std::perror("hidden_holder: sendmsg");
    return 1;
  }
  ::close(file);
  std::puts("holding");
  std::fflush(stdout);
  for (;;) ::pause();
}
