// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/check.h"

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/language/language.h"
#include "server/hub/random_pool.h"
#include "server/hub/seal.h"
#include "server/waystationd/config.h"
#include "server/waystationd/parts.h"

namespace waystation::waystationd {

using language::Say;

absl::Status PrintChecked(const hub::Checked& checked) {
  std::string text;
  for (const v1::StoreFinding& finding : checked.findings) {
    absl::StrAppend(&text, finding.place(), ": ", finding.reason(), ": ",
                    language::SayReason(finding.reason()));
    if (!finding.detail().empty()) {
      absl::StrAppend(&text, Say(" ($0)", language::SayRule(finding.detail())));
    }
    if (finding.more() > 0) {
      absl::StrAppend(&text, Say(", and $0 more alike", finding.more()));
    }
    text += "\n";
  }
  text += Say("checked: $0 sealed rows, $1 findings\n", checked.rows,
              checked.findings.size());
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (checked.findings.empty()) return absl::OkStatus();
  return errors::Error("STORE_DAMAGED");
}

absl::Status CheckOffline(const std::string& config_file) {
  auto config = LoadConfig(config_file);
  if (!config.ok()) return config.status();
  Parts parts;
  parts.config = *std::move(config);
  if (absl::Status loaded = LoadParts(parts); !loaded.ok()) return loaded;
  // Opening makes a store where there is none.
  if (absl::Status there = NeedStore(parts.config.store); !there.ok()) {
    return there;
  }
  auto store =
      OpenStore(parts.config.store, *parts.keys, [](const std::string& words) {
        std::fprintf(stderr, "%s\n", language::SayRule(words).c_str());
      });
  if (!store.ok()) return store.status();
  hub::RandomPool random(FillRandom);
  const hub::Sealer sealer(*parts.keys, random);
  const auto checked = hub::CheckAll(sealer, **store);
  if (!checked.ok()) return checked.status();
  return PrintChecked(*checked);
}

}  // namespace waystation::waystationd
