// SPDX-License-Identifier: Apache-2.0
// YAML files whose schema is a protobuf message: configuration, agreements,
// rules, mappings. Strict: an unknown key, a key given twice, a value of
// another type are errors that name file, line and column.
//
//   message    map, keys as the fields are called; an empty value leaves unset
//   repeated   list                       map<>      map
//   enum       "residence_registration" or "PURPOSE_RESIDENCE_REGISTRATION"
//   Duration   "1h30m", "250ms"           Timestamp "2024-05-01T08:00:00+08:00"
//   Date       2024, 2024-05, 2024-05-01, or a map
//   bytes      base64                     bool       true, false
#ifndef WAYSTATION_PROTO_RUNTIME_YAML_H_
#define WAYSTATION_PROTO_RUNTIME_YAML_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}

namespace waystation::runtime {

// Where the values of a file stand, for checks that the schema cannot make.
class YamlPlaces {
 public:
  explicit YamlPlaces(std::string_view file_name) : file_name_(file_name) {}

  // "hub.yaml:12:3" for a path such as "tls.certificate" or "grants[2].form";
  // where the file does not set it, the place of what encloses it, or the
  // file's name alone.
  std::string Of(std::string_view path) const;
  // Whether the file sets it.
  bool Has(std::string_view path) const;

  const std::string& file_name() const { return file_name_; }

  void Add(std::string path, int line, int column);

 private:
  std::string file_name_;
  std::map<std::string, std::string, std::less<>> places_;
};

// One error with the place of `path` as its field.
struct YamlProblem {
  std::string path;
  std::string rule;
};

// CONFIG_INVALID that names each problem's place, and the key where the file
// does not set it.
absl::Status ConfigInvalid(const YamlPlaces& places,
                           const std::vector<YamlProblem>& problems);

// Reads `text` into `message`, which is cleared first. CONFIG_INVALID names
// every place that is wrong, the first twenty; `file_name` is shown as it is.
absl::StatusOr<YamlPlaces> ReadYaml(std::string_view text,
                                    std::string_view file_name,
                                    google::protobuf::Message& message);

// The same from a file of at most 16 MiB. FILE_MISSING when it cannot be read.
absl::StatusOr<YamlPlaces> LoadYaml(const std::string& path,
                                    google::protobuf::Message& message);

// What ReadYaml reads: the fields that are set, in field order, enums short.
std::string WriteYaml(const google::protobuf::Message& message);

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_YAML_H_
