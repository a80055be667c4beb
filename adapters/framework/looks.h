// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_LOOKS_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_LOOKS_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "adapters/framework/outbox/state.h"

namespace waystation::adapters {

// What an adapter that looks for exports again and again saw of those that it
// has not taken. A look is one Wants for each file that is there, then Refused
// for those that were read and cannot be taken, then End. Not thread-safe.
class Looks {
 public:
  // Whether to take a file: it stands as it stood at the last look, so nobody
  // writes it any more, and was not refused as it stands.
  bool Wants(const std::string& path, const FileId& file) {
    seen_[path] = file;
    const auto before = last_.find(path);
    const auto refused = refused_.find(path);
    const bool wanted = before != last_.end() && before->second == file &&
                        (refused == refused_.end() || refused->second != file);
    if (wanted) wanted_.push_back(path);
    return wanted;
  }

  // The `index`-th of the wanted files of this look is not wanted again as it
  // is.
  void Refused(int index) {
    const std::string& path = wanted_[static_cast<std::size_t>(index)];
    refused_[path] = seen_[path];
  }

  void End() {
    last_ = std::exchange(seen_, {});
    wanted_.clear();
  }

 private:
  std::vector<std::string> wanted_;
  std::map<std::string, FileId> seen_;
  std::map<std::string, FileId> last_;
  std::map<std::string, FileId> refused_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_LOOKS_H_
