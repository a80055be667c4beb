// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/setup.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/framework/sinks/table_sink.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/log.h"
#include "proto/runtime/yaml.h"
#include "waystation/audit_checks.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kDefaultPoll = absl::Seconds(10);

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") ==
             std::string_view::npos;
}

// Loads each mapping once and checks what the schema cannot say.
class Loader {
 public:
  Loader(Setup& setup, const Sector& sector, std::string path)
      : setup_(setup), sector_(sector), path_(std::move(path)) {}

  absl::Status Run() {
    auto places = runtime::LoadYaml(path_, setup_.config);
    if (!places.ok()) return places.status();
    const config::v1::AdapterConfig& config = setup_.config;
    setup_.path = path_;
    setup_.folder = fs::absolute(path_).parent_path();
    const bool other_sector =
        !config.agency().empty() &&
        !config.agency().starts_with(std::string(sector_.name) + ".");
    if (config.agency().empty()) {
      Complain("agency", "must be set");
    } else if (other_sector) {
      Complain("agency",
               absl::StrCat("must begin with ", std::string(sector_.name),
                            "., the sector of this adapter"));
    }
    if (config.state().empty()) Complain("state", "must be set");
    if (config.hub().hubs().empty()) Complain("hub.hubs", "must name a hub");
    if (!config.log_level().empty() &&
        !runtime::LogLevelFromName(config.log_level())) {
      Complain("log_level", "one of debug, info, warn, error");
    }
    setup_.state = runtime::ResolvePath(path_, config.state());
    setup_.poll = config.has_poll()
                      ? absl::Seconds(config.poll().seconds()) +
                            absl::Nanoseconds(config.poll().nanos())
                      : kDefaultPoll;
    if (setup_.poll <= absl::ZeroDuration()) {
      Complain("poll", "must be positive");
    }
    // Its mappings would be wrong too, and no mistake of theirs.
    if (other_sector) return runtime::ConfigInvalid(*places, problems_);
    for (int i = 0; i < config.sources_size(); ++i) {
      if (auto read = ReadSource(i); !read.ok()) return read;
    }
    if (auto read = ReadMailbox(); !read.ok()) return read;
    if (auto read = ReadWitness(); !read.ok()) return read;
    ReadNotices();
    return problems_.empty() ? absl::OkStatus()
                             : runtime::ConfigInvalid(*places, problems_);
  }

 private:
  void Complain(std::string path, std::string rule) {
    problems_.push_back({std::move(path), std::move(rule)});
  }

  absl::StatusOr<std::shared_ptr<const Mapping>> LoadMapping(
      const std::string& name) {
    const std::string path = runtime::ResolvePath(path_, name);
    auto& mapping = mappings_[path];
    if (mapping == nullptr) {
      auto loaded = Mapping::Load(path, sector_);
      if (!loaded.ok()) return loaded.status();
      mapping = *std::move(loaded);
    }
    return mapping;
  }

  absl::Status ReadSource(int index) {
    const config::v1::SourceConfig& config = setup_.config.sources(index);
    const std::string path = absl::StrCat("sources[", index, "]");
    if (!IsName(config.name())) {
      Complain(path + ".name", "lower-case letters, digits, '-' and '_'");
    } else if (!names_.insert(config.name()).second) {
      Complain(path + ".name", "stands twice");
    }
    if (config.files().empty()) Complain(path + ".files", "must be set");
    if (config.mapping().empty()) {
      Complain(path + ".mapping", "must be set");
      return absl::OkStatus();
    }
    auto mapping = LoadMapping(config.mapping());
    if (!mapping.ok()) return mapping.status();
    for (const AttributePlan& plan : (*mapping)->attributes()) {
      // Two sources would take each other's claims back.
      if (!attributes_.insert(plan.attribute).second) {
        Complain(path + ".mapping",
                 absl::StrCat(plan.attribute->name(),
                              " is mapped by another source too"));
      }
    }
    std::string extension = (*mapping)->table().ending();
    setup_.sources.push_back({config.name(),
                              runtime::ResolvePath(path_, config.files()),
                              *std::move(mapping), std::move(extension)});
    return absl::OkStatus();
  }

  absl::Status ReadMailbox() {
    if (!setup_.config.has_mailbox()) return absl::OkStatus();
    const config::v1::MailboxConfig& config = setup_.config.mailbox();
    if (config.folder().empty()) Complain("mailbox.folder", "must be set");
    if (config.purpose() == 0) Complain("mailbox.purpose", "must be set");
    if (config.mapping().empty()) {
      Complain("mailbox.mapping", "must be set");
      return absl::OkStatus();
    }
    auto mapping = LoadMapping(config.mapping());
    if (!mapping.ok()) return mapping.status();
    if (!(*mapping)->config().has_export_()) {
      Complain("mailbox.mapping", "has no `export`");
    } else if (auto checked = TableSink::Check(**mapping); !checked.ok()) {
      return checked;
    }
    setup_.mailbox = {runtime::ResolvePath(path_, config.folder()),
                      *std::move(mapping), config.purpose()};
    for (const SourceSetup& source : setup_.sources) {
      if (fs::path(source.files).parent_path() ==
          fs::path(setup_.mailbox->folder + "/").parent_path()) {
        Complain("mailbox.folder",
                 absl::StrCat("is the folder of the source ", source.name,
                              ", which would read what is written there"));
      }
    }
    return absl::OkStatus();
  }

  void ReadNotices() {
    if (!setup_.config.has_notices()) return;
    const config::v1::NoticesConfig& config = setup_.config.notices();
    if (config.folder().empty()) Complain("notices.folder", "must be set");
    const auto charset =
        config.charset() == config::v1::Table::CHARSET_UNSPECIFIED
            ? Charset::kGb18030
            : ToCharset(config.charset());
    if (!charset || charset == Charset::kUtf16Le) {
      Complain("notices.charset", "one of gb18030, gbk, utf8");
      return;
    }
    setup_.notices =
        SpoolSetup{.folder = runtime::ResolvePath(path_, config.folder()),
                   .charset = *charset};
  }

  absl::Status ReadWitness() {
    if (!setup_.config.has_witness()) return absl::OkStatus();
    const config::v1::WitnessConfig& config = setup_.config.witness();
    // A key has plus signs in it; a path is relative to this file.
    const bool is_path = config.log_key().find('+') == std::string::npos;
    auto log = client::ReadLogKey(
        is_path ? runtime::ResolvePath(path_, config.log_key())
                : config.log_key());
    if (!log.ok() || log->algorithm() != auditlog::NoteAlgorithm::kEd25519) {
      Complain("witness.log_key",
               "a verifier key (<name>+<hash>+<base64>) or a file with one");
      return absl::OkStatus();
    }
    setup_.witness =
        WitnessSetup{.agency = setup_.config.agency(), .log = *std::move(log)};
    if (config.key().empty()) return absl::OkStatus();
    auto key = auditlog::Ed25519PrivateKey::Load(
        runtime::ResolvePath(path_, config.key()));
    if (!key.ok()) {
      return errors::Error(absl::IsFailedPrecondition(key.status())
                               ? "KEY_FILE_MODE"
                               : "KEY_FILE_MISSING",
                           {.field = "witness.key",
                            .rule = std::string(key.status().message())});
    }
    auto signer =
        auditlog::NoteSigner::Create(setup_.config.agency(), *std::move(key),
                                     auditlog::NoteAlgorithm::kCosignatureV1);
    if (!signer.ok()) {
      Complain("agency", "no spaces or plus signs");
      return absl::OkStatus();
    }
    setup_.witness->signer = *std::move(signer);
    return absl::OkStatus();
  }

  Setup& setup_;
  const Sector& sector_;
  std::string path_;
  std::map<std::string, std::shared_ptr<const Mapping>> mappings_;
  std::set<std::string> names_;
  std::set<const google::protobuf::FieldDescriptor*> attributes_;
  std::vector<runtime::YamlProblem> problems_;
};

}  // namespace

absl::StatusOr<Setup> LoadSetup(const std::string& path, const Sector& sector) {
  Setup setup;
  if (auto run = Loader(setup, sector, path).Run(); !run.ok()) return run;
  return setup;
}

std::vector<std::string> FilesOf(const SourceSetup& source) {
  const fs::path pattern(source.files);
  const fs::path folder =
      pattern.has_parent_path() ? pattern.parent_path() : fs::path(".");
  const std::string name = pattern.filename();
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    // A leading dot marks what is still being written.
    if (fnmatch(name.c_str(), at->path().filename().c_str(), FNM_PERIOD) == 0 &&
        at->is_regular_file(error)) {
      files.push_back(at->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace waystation::adapters
