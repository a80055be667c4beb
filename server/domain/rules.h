// SPDX-License-Identifier: Apache-2.0
// The rules in force: the defaults that stand beside the attributes, replaced
// by what the rules file says.
#ifndef WAYSTATION_SERVER_DOMAIN_RULES_H_
#define WAYSTATION_SERVER_DOMAIN_RULES_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/attributes.h"
#include "server/domain/linking.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::config::v1 {
class Rules;
}  // namespace waystation::config::v1

namespace waystation::domain {

// A time criterion that turns a settled result back into a conflict when it
// prefers another value by at least `days`.
struct Contest {
  v1::Criterion criterion = v1::CRITERION_UNSPECIFIED;
  int days = 0;
};

// How one attribute is resolved.
struct Rule {
  const AttributeInfo* attribute = nullptr;
  std::vector<v1::Criterion> criteria;
  // Sectors in falling order of authority.
  std::vector<std::string> owners;
  std::vector<Contest> contests;

  // 0 for the first owner; owners.size() for a sector that is none.
  std::size_t AuthorityOf(std::string_view sector) const;
};

// Immutable, thread-safe.
class RuleBook {
 public:
  // The defaults of the attribute table.
  RuleBook();
  // `rules` must have no violations.
  explicit RuleBook(const ::waystation::config::v1::Rules& rules);

  // Precondition: `number` is an attribute.
  const Rule& Of(AttributeNumber number) const {
    return rules_[static_cast<std::size_t>(number)];
  }
  // What speaks for two records being one human being, and how much is enough.
  const Linking& linking() const { return linking_; }
  const Weights& weights() const { return linking_.weights; }
  // "default" without a file.
  const std::string& version() const { return version_; }

 private:
  std::string version_ = "default";
  std::array<Rule, 64> rules_;
  Linking linking_;
};

// The same rules with all that they leave to defaults written out: a file that
// can be edited, and goes on meaning what it says. Names none if `rules` does
// not: those without a version are named "default".
::waystation::config::v1::Rules WrittenOut(
    const ::waystation::config::v1::Rules& rules);

// What is wrong with a rules file, by field path such as
// "resolution[2].criteria[0]"; empty if nothing. Reasons: FIELD_MISSING,
// ATTRIBUTE_UNKNOWN, and CONFIG_INVALID with the rule that is broken.
std::vector<v1::Violation> CheckRules(
    const ::waystation::config::v1::Rules& rules);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_RULES_H_
