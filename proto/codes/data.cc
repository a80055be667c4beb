// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/data.h"

#include <algorithm>
#include <string>

#include "proto/codes/ascii.h"

namespace waystation::codes::data {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  parts.reserve(static_cast<std::size_t>(
                    std::count(text.begin(), text.end(), separator)) +
                1);
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::vector<std::string_view>> Rows(std::string_view file) {
  std::vector<std::vector<std::string_view>> rows;
  bool header = true;
  for (const std::string_view line : Split(file, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    if (!header) rows.push_back(Split(line, '\t'));
    header = false;
  }
  return rows;
}

std::string_view Remark(std::string_view file, std::string_view key) {
  const std::string mark = Join({"\n# ", key, ": "});
  const std::size_t begin = file.find(mark);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = file.substr(begin + mark.size());
  return rest.substr(0, rest.find('\n'));
}

}  // namespace waystation::codes::data
