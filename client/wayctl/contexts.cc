// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/contexts.h"

#include <filesystem>
#include <set>
#include <vector>

#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/yaml.h"

namespace waystation::wayctl {
namespace {

constexpr std::string_view kCurrent = "current_context:";

// Where the file is, and whether somebody said so.
std::pair<std::string, bool> Place(const std::string& path,
                                   const Surroundings& surroundings) {
  if (!path.empty()) return {path, true};
  if (auto named = surroundings.env("WAYSTATION_CONFIG"); !named.empty()) {
    return {named, true};
  }
  std::string folder = surroundings.env("XDG_CONFIG_HOME");
  if (folder.empty()) folder = surroundings.env("HOME") + "/.config";
  return {folder + "/waystation/config.yaml", false};
}

}  // namespace

const config::v1::ClientContext* Contexts::Find(std::string_view name) const {
  if (name.empty()) name = config.current_context();
  for (const config::v1::ClientContext& context : config.contexts()) {
    if (context.name() == name) return &context;
  }
  return nullptr;
}

absl::StatusOr<Contexts> LoadContexts(const std::string& path,
                                      const Surroundings& surroundings) {
  Contexts contexts;
  const auto [place, asked] = Place(path, surroundings);
  contexts.path = place;
  std::error_code error;
  if (!asked && !std::filesystem::exists(place, error)) return contexts;
  const auto places = runtime::LoadYaml(place, contexts.config);
  if (!places.ok()) return places.status();

  std::vector<runtime::YamlProblem> problems;
  std::set<std::string> names;
  for (int i = 0; i < contexts.config.contexts_size(); ++i) {
    const std::string& name = contexts.config.contexts(i).name();
    const std::string at = "contexts[" + std::to_string(i) + "].name";
    if (name.empty()) problems.push_back({at, "required"});
    if (!names.insert(name).second) problems.push_back({at, "given twice"});
  }
  if (!problems.empty()) return runtime::ConfigInvalid(*places, problems);
  return contexts;
}

absl::Status UseContext(const Contexts& contexts, std::string_view name) {
  if (contexts.Find(name) == nullptr || name.empty()) {
    return errors::Error("CONTEXT_UNKNOWN", {.rule = std::string(name)});
  }
  const auto text = runtime::ReadFile(contexts.path);
  if (!text.ok()) return text.status();
  const std::string line = std::string(kCurrent) + " " + std::string(name);
  std::string changed;
  bool replaced = false;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string old = text->substr(at, end - at);
    const bool is_current = old.starts_with(kCurrent);
    changed += (is_current ? line : old) + "\n";
    replaced = replaced || is_current;
    at = end + 1;
  }
  if (!replaced) changed = line + "\n" + changed;
  return runtime::ReplaceFile(contexts.path, changed);
}

}  // namespace waystation::wayctl
