// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as output: printable() makes valid text of them, and does not change that text again.
#include "host/printable.h"

#include <nlohmann/json.hpp>

#include "record/json_writer.h"
#include "tests/fuzz/target.h"
#include "verify/capture/anonymiser.h"
#include "verify/output/colour.h"
#include "verify/output/wrapped.h"

namespace fuzz {
namespace {

using nlohmann::json;

std::vector<std::string> samples() {
  return {"plain words, a line\nand another", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xe2\x80\xae",
          "\033[31mred\033[0m \xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80 \x7f\xef\xbf\xbf",
          "root=UUID=3c0e8a52-15f1-4c7c-9b0a-d3a1f4e0c111 a0:36:9f:12:34:56 /home/alice/x"};
}

void parse(std::string_view bytes) {
  const std::string text = host::printable(bytes);
  require(host::printable(text) == text);
  require(text.find_first_of("\033\r\t\x7f") == text.npos);
  (void)verify::wrapped(text, 4, 10);
  require(verify::style_length(bytes) <= bytes.size());

  record::JsonWriter writer;
  writer.open_object();
  writer.member("text", bytes);
  writer.close_object();
  const json read = json::parse(writer.finish(), nullptr, false);
  require(read.is_object() && read["text"].is_string());
  if (text == bytes) require(read["text"].get<std::string>() == text);

  verify::capture::Anonymiser anonymiser;
  anonymiser.hide("plain", "hostname");
  const std::string once = anonymiser.text(bytes);
  require(anonymiser.text(bytes) == once);
}

const Target kTarget("printable", samples, parse);

}  // namespace
}  // namespace fuzz
