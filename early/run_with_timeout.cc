// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/run_with_timeout.h"

#include "early/deadline.h"
#include "host/child.h"
#include "host/forked.h"

namespace early {
namespace {

struct Message {
  bool succeeded = false;
  int code = 0;
  char text[1024] = {};  // the answer, or the step that failed
};

Message message_of(const host::Result<std::string>& answer) {
  Message message;
  message.succeeded = answer.has_value();
  if (!answer) message.code = answer.error().code;
  const std::string& text = answer ? *answer : answer.error().step;
  text.copy(message.text, sizeof message.text - 1);
  return message;
}

}  // namespace

host::Result<std::string> run_with_timeout(
    int milliseconds, const std::string& step,
    const std::function<host::Result<std::string>()>& operation) {
  const auto answer =
      host::answer_of_child<Message>(wait_limit(milliseconds), step, [&]() -> Message {
        host::set_fixed_environment();
        return message_of(operation());
      });
  if (!answer) return answer.error();
  Message message = *answer;
  message.text[sizeof message.text - 1] = '\0';
  if (!message.succeeded) return host::Error{message.code, message.text};
  return std::string(message.text);
}

}  // namespace early
