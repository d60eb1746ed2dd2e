// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measurements.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/text.h"

namespace bench {
namespace {

bool same_place(const Measurement& one, const Measurement& other) {
  return std::tie(one.table, one.row, one.column) == std::tie(other.table, other.row, other.column);
}

const Measurement* find(const std::vector<Measurement>& figures, const Measurement& place) {
  const auto found = std::find_if(figures.begin(), figures.end(), [&](const Measurement& figure) {
    return same_place(figure, place);
  });
  return found == figures.end() ? nullptr : &*found;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::optional<Measurement> parse(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  Measurement figure;
  for (const auto& [key, text] : {std::pair{"table", &figure.table},
                                  {"row", &figure.row},
                                  {"column", &figure.column},
                                  {"unit", &figure.unit},
                                  {"reason", &figure.reason}}) {
    if (!json.is_object() || !json.contains(key)) continue;
    if (!json[key].is_string()) return std::nullopt;
    *text = json[key].get<std::string>();
  }
  if (json.is_object() && json.contains("value") && json["value"].is_number())
    figure.value = json["value"].get<double>();
  if (figure.table.empty() || figure.row.empty() || figure.column.empty()) return std::nullopt;
  if (figure.value.has_value() != figure.reason.empty()) return std::nullopt;
  return figure;
}

// Is there a value in this row or column?
bool has_value(const std::vector<Measurement>& figures, std::string Measurement::*axis,
               const std::string& name) {
  return std::any_of(figures.begin(), figures.end(), [&](const Measurement& figure) {
    return figure.*axis == name && figure.value;
  });
}

// Rows without any value are only named below the table.
std::string table(const std::string& name, const std::vector<Measurement>& figures) {
  std::vector<std::string> rows, columns;
  for (const Measurement& figure : figures) {
    add_once(rows, figure.row);
    add_once(columns, figure.column);
  }
  std::string text = fmt::format("### {}\n\n| |", name), line = "|:---|";
  for (const std::string& column : columns) {
    text += fmt::format(" {} |", column);
    line += "---:|";
  }
  text += "\n" + line + "\n";
  for (const std::string& row : rows) {
    if (!has_value(figures, &Measurement::row, row)) continue;
    text += fmt::format("| {} |", row);
    for (const std::string& column : columns) {
      const Measurement* figure = find(figures, {.table = name, .row = row, .column = column});
      text += fmt::format(" {} |", !figure         ? "-"
                                   : figure->value ? shown(*figure->value, figure->unit)
                                                   : "not run");
    }
    text += "\n";
  }
  return text;
}

// One line for each reason, with the rows without it. A column that has no value at all is named
// instead of all rows.
std::string reasons(const std::vector<Measurement>& figures) {
  std::vector<std::string> all;
  for (const Measurement& figure : figures)
    if (!figure.value) add_once(all, figure.reason);
  std::string text;
  for (const std::string& reason : all) {
    std::vector<std::string> places;
    for (const Measurement& figure : figures) {
      if (figure.reason != reason) continue;
      if (!has_value(figures, &Measurement::column, figure.column))
        add_once(places, figure.column);
      else if (!has_value(figures, &Measurement::row, figure.row))
        add_once(places, figure.row);
      else
        add_once(places, fmt::format("{} ({})", figure.row, figure.column));
    }
    text += fmt::format("\nNot run: {}: {}.\n", fmt::join(places, "; "), reason);
  }
  return text;
}

}  // namespace

std::string line_of(const Measurement& figure) {
  nlohmann::ordered_json json = {
      {"table", figure.table}, {"row", figure.row}, {"column", figure.column}};
  if (figure.value) {
    json["value"] = *figure.value;
    json["unit"] = figure.unit;
  } else {
    json["reason"] = figure.reason;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

host::Result<std::vector<Measurement>> read_measurements(std::string_view text) {
  std::vector<Measurement> figures;
  for (std::string_view line : host::split(text, "\n")) {
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with('{')) continue;
    const auto figure = parse(line);
    if (!figure) return host::Error{0, "this line is not a figure: " + std::string(line)};
    if (find(figures, *figure)) return host::Error{0, "duplicate figure: " + std::string(line)};
    figures.push_back(*figure);
  }
  return figures;
}

std::string shown(double value, const std::string& unit) {
  if (unit != "us") return fmt::format("{:.3g} {}", value, unit);
  struct Scale {
    double factor;
    const char* unit;
  };
  // 999.6 us is shown as 1.00 ms: four digits would not be comparable with the cell beside it.
  for (const Scale& scale : {Scale{1e3, "ns"}, {1, "us"}, {1e-3, "ms"}, {1e-6, "s"}}) {
    const double scaled = value * scale.factor;
    if (scaled >= 999.5 && scale.factor != 1e-6) continue;
    const int decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}", scaled, decimals, scale.unit);
  }
  return {};
}

std::string markdown(const std::vector<Measurement>& figures) {
  std::vector<std::string> names;
  for (const Measurement& figure : figures) add_once(names, figure.table);
  std::string text;
  for (const std::string& name : names) {
    std::vector<Measurement> own;
    std::copy_if(figures.begin(), figures.end(), std::back_inserter(own),
                 [&](const Measurement& figure) { return figure.table == name; });
    text += (text.empty() ? "" : "\n") + table(name, own) + reasons(own);
  }
  return text;
}

Agreement compare_runs(const std::vector<Measurement>& one, const std::vector<Measurement>& other,
                       double percent) {
  Agreement agreement;
  const auto place = [](const Measurement& figure) {
    return fmt::format("{}: {}: {}", figure.table, figure.row, figure.column);
  };
  for (const Measurement& figure : one) {
    const Measurement* same = find(other, figure);
    if (!same || same->value.has_value() != figure.value.has_value()) {
      agreement.distant.push_back(place(figure) + ": measured in only one run");
      continue;
    }
    if (!figure.value) continue;
    const double low = std::min(*figure.value, *same->value);
    const double apart = std::abs(*figure.value - *same->value);
    const double difference = apart == 0 ? 0 : low > 0 ? apart / low * 100 : INFINITY;
    ++agreement.compared;
    agreement.worst = std::max(agreement.worst, difference);
    if (difference > percent)
      agreement.distant.push_back(fmt::format("{}: {} and {}, {:.1f} percent", place(figure),
                                              shown(*figure.value, figure.unit),
                                              shown(*same->value, same->unit), difference));
  }
  for (const Measurement& figure : other)
    if (!find(one, figure))
      agreement.distant.push_back(place(figure) + ": measured in only one run");
  return agreement;
}

std::optional<double> percentile(std::vector<double> values, double percent) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  return values[std::clamp<size_t>(static_cast<size_t>(rank), 1, values.size()) - 1];
}

}  // namespace bench
