// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/domain_xml.h"

#include <map>
#include <optional>
#include <string>

#include "host/text.h"

namespace early::hand_over {
namespace {

using host::Error;
using host::Result;

constexpr size_t kKnownDepth = 8;  // deeper elements are only counted
constexpr std::string_view kBlanks = " \t\r\n";

using Attributes = std::map<std::string, std::string, std::less<>>;

struct Tag {
  std::string name;
  Attributes attributes;
  bool closes = false;  // </name>
  bool empty = false;   // <name/>
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool valid() const { return valid_; }

  // The next tag; nullopt at the end, and at a mistake.
  std::optional<Tag> next() {
    while (valid_) {
      const size_t begin = rest_.find('<');
      if (begin == rest_.npos) return std::nullopt;
      rest_.remove_prefix(begin + 1);
      if (skipped("!--", "-->") || skipped("![CDATA[", "]]>") || skipped("?", "?>")) continue;
      if (rest_.starts_with('!')) valid_ = false;  // a document type may define entities
      if (valid_) return tag();
    }
    return std::nullopt;
  }

 private:
  bool skipped(std::string_view begin, std::string_view end) {
    if (!rest_.starts_with(begin)) return false;
    const size_t found = rest_.find(end, begin.size());
    valid_ = found != rest_.npos;
    if (valid_) rest_.remove_prefix(found + end.size());
    return true;
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
  }

  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string name() {
    const size_t size = std::min(rest_.find_first_of(" \t\r\n=/>\"'<"), rest_.size());
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    if (text.empty()) valid_ = false;
    return text;
  }

  std::string value() {
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const size_t end = quote == '"' || quote == '\'' ? rest_.find(quote, 1) : rest_.npos;
    valid_ = valid_ && end != rest_.npos;
    if (!valid_) return {};
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  void attribute(Tag& tag) {
    std::string key = name();
    skip_blanks();
    if (!take('=')) valid_ = false;
    skip_blanks();
    if (valid_ && !tag.attributes.emplace(std::move(key), value()).second) valid_ = false;
  }

  std::optional<Tag> tag() {
    Tag tag;
    tag.closes = take('/');
    tag.name = name();
    while (valid_) {
      skip_blanks();
      if (take('>')) return tag;
      if (take('/')) {
        tag.empty = true;
        valid_ = valid_ && take('>');
        return valid_ ? std::optional(tag) : std::nullopt;
      }
      attribute(tag);
    }
    return std::nullopt;
  }

  std::string_view rest_;
  bool valid_ = true;
};

// "0x01", as libvirt writes it; users may write decimal.
std::optional<uint32_t> number_of(const Attributes& attributes, const char* name, uint32_t max) {
  const auto found = attributes.find(name);
  if (found == attributes.end())
    return name == std::string_view("domain") ? std::optional(0u) : std::nullopt;
  const std::string_view text = found->second;
  return text.starts_with("0x") ? host::parse_number(text.substr(2), 16, max)
                                : host::parse_number(text, 10, max);
}

std::optional<host::PciAddress> address_of(const Attributes& attributes) {
  const auto domain = number_of(attributes, "domain", UINT32_MAX);
  const auto bus = number_of(attributes, "bus", 0xff);
  const auto slot = number_of(attributes, "slot", 0x1f);
  const auto function = number_of(attributes, "function", 7);
  if (!domain || !bus || !slot || !function) return std::nullopt;
  return host::PciAddress{{*domain, static_cast<uint8_t>(*bus), static_cast<uint8_t>(*slot)},
                          static_cast<uint8_t>(*function)};
}

// A device of USB or SCSI has an address of another form.
bool is_pci(const Tag& device) {
  const auto type = device.attributes.find("type");
  if (type == device.attributes.end()) return false;
  return (device.name == "hostdev" && type->second == "pci") ||
         (device.name == "interface" && type->second == "hostdev");
}

// The elements that are open: domain, devices, hostdev, source, and is the third one a PCI device?
// Metadata of other programs may be nested deeply, and must not fail a domain.
struct Place {
  std::vector<std::string> open;
  size_t deeper = 0;  // elements below those in `open`
  bool pci = false;

  bool is_source() const {
    return open.size() == 4 && open[0] == "domain" && open[1] == "devices" && pci &&
           open[3] == "source";
  }
  void enter(const Tag& tag) {
    if (open.size() == kKnownDepth) {
      ++deeper;
      return;
    }
    if (open.size() == 2) pci = is_pci(tag);
    open.push_back(tag.name);
  }
  // False: another element is open.
  bool leave(const Tag& tag) {
    if (deeper > 0) {
      --deeper;
      return true;
    }
    if (open.empty() || open.back() != tag.name) return false;
    open.pop_back();
    return true;
  }
};

Error invalid() {
  return {0, "the XML of the domain is not valid"};
}

}  // namespace

Result<std::vector<host::PciAddress>> passed_functions(std::string_view xml) {
  std::vector<host::PciAddress> functions;
  Scanner scanner(xml);
  Place place;
  while (const auto tag = scanner.next()) {
    if (tag->closes) {
      if (!place.leave(*tag)) return invalid();
      continue;
    }
    if (place.is_source() && tag->name == "address") {
      const auto address = address_of(tag->attributes);
      if (!address) return Error{0, "an address of a PCI device in the domain is not valid"};
      functions.push_back(*address);
    }
    if (!tag->empty) place.enter(*tag);
  }
  if (!scanner.valid() || !place.open.empty()) return invalid();
  return functions;
}

}  // namespace early::hand_over
