// SPDX-License-Identifier: Apache-2.0
#include "server/domain/rules.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/agreement/sectors.h"
#include "waystation/config/v1/rules.pb.h"

namespace waystation::domain {
namespace {

namespace config = ::waystation::config::v1;

Rule DefaultRule(const AttributeInfo& attribute) {
  return {.attribute = &attribute,
          .criteria = attribute.rule,
          .owners = attribute.owners,
          .contests = {}};
}

bool IsTime(v1::Criterion criterion) {
  return criterion == v1::CRITERION_LATER_VALID_TIME ||
         criterion == v1::CRITERION_LATER_RECORDED_TIME;
}

class Checker {
 public:
  void Check(const config::Rules& rules) {
    if (rules.version().empty()) {
      Report("version", "FIELD_MISSING", "names the rules in decisions");
    }
    for (int i = 0; i < rules.resolution_size(); ++i) {
      path_ = absl::StrCat("resolution[", i, "]");
      CheckRule(rules.resolution(i));
      for (int j = 0; j < i; ++j) {
        if (rules.resolution(j).attribute() ==
            rules.resolution(i).attribute()) {
          Report(".attribute", "CONFIG_INVALID", "one rule for an attribute");
          break;
        }
      }
    }
    for (v1::Violation& violation : CheckLinking(rules.linking())) {
      violations_.push_back(std::move(violation));
    }
  }

  std::vector<v1::Violation> Take() { return std::move(violations_); }

 private:
  void CheckRule(const config::ResolutionRule& rule) {
    if (FindAttribute(rule.attribute()) == nullptr) {
      Report(".attribute", "ATTRIBUTE_UNKNOWN", "a field of Person");
    }
    if (rule.criteria().empty()) {
      Report(".criteria", "FIELD_MISSING", "at least one criterion");
    }
    for (int i = 0; i < rule.criteria_size(); ++i) {
      const std::string field = absl::StrCat(".criteria[", i, "]");
      if (!v1::Criterion_IsValid(rule.criteria(i)) ||
          rule.criteria(i) == v1::CRITERION_UNSPECIFIED) {
        Report(field, "CONFIG_INVALID", "a named criterion");
      }
      if (PositionOf(rule, rule.criteria(i)) != i) {
        Report(field, "CONFIG_INVALID", "each criterion once");
      }
    }
    for (int i = 0; i < rule.owners_size(); ++i) {
      if (!agreement::IsSectorName(rule.owners(i))) {
        Report(absl::StrCat(".owners[", i, "]"), "CONFIG_INVALID",
               agreement::kSectorNameRule);
      }
    }
    for (int i = 0; i < rule.contests_size(); ++i) {
      CheckContest(rule, i);
    }
  }

  void CheckContest(const config::ResolutionRule& rule, int i) {
    const config::Contest& contest = rule.contests(i);
    const std::string field = absl::StrCat(".contests[", i, "]");
    if (!IsTime(contest.criterion())) {
      Report(absl::StrCat(field, ".criterion"), "CONFIG_INVALID",
             "a criterion of time");
    } else if (PositionOf(rule, contest.criterion()) < 1) {
      Report(absl::StrCat(field, ".criterion"), "CONFIG_INVALID",
             "among the criteria, and not the first of them");
    }
    if (contest.days() < 0) {
      Report(absl::StrCat(field, ".days"), "CONFIG_INVALID", "0 or more");
    }
  }

  static int PositionOf(const config::ResolutionRule& rule,
                        v1::Criterion criterion) {
    for (int i = 0; i < rule.criteria_size(); ++i) {
      if (rule.criteria(i) == criterion) return i;
    }
    return -1;
  }

  void Report(std::string_view field, std::string_view reason,
              std::string_view rule) {
    v1::Violation& violation = violations_.emplace_back();
    violation.set_field(path_ + std::string(field));
    violation.set_reason(std::string(reason));
    violation.set_rule(std::string(rule));
  }

  std::string path_;
  std::vector<v1::Violation> violations_;
};

}  // namespace

std::size_t Rule::AuthorityOf(std::string_view sector) const {
  return static_cast<std::size_t>(std::ranges::find(owners, sector) -
                                  owners.begin());
}

RuleBook::RuleBook() {
  for (const AttributeInfo& attribute : Attributes()) {
    rules_[static_cast<std::size_t>(attribute.number)] = DefaultRule(attribute);
  }
}

RuleBook::RuleBook(const config::Rules& rules) : RuleBook() {
  version_ = rules.version();
  linking_ = ReadLinking(rules.linking());
  for (const config::ResolutionRule& given : rules.resolution()) {
    const AttributeInfo* attribute = FindAttribute(given.attribute());
    if (attribute == nullptr) continue;
    Rule& rule = rules_[static_cast<std::size_t>(attribute->number)];
    rule.criteria.clear();
    for (int i = 0; i < given.criteria_size(); ++i) {
      rule.criteria.push_back(given.criteria(i));
    }
    if (!given.owners().empty()) {
      rule.owners.assign(given.owners().begin(), given.owners().end());
    }
    for (const config::Contest& contest : given.contests()) {
      rule.contests.push_back({contest.criterion(), contest.days()});
    }
  }
}

config::Rules WrittenOut(const config::Rules& rules) {
  const RuleBook book = rules.version().empty() ? RuleBook() : RuleBook(rules);
  config::Rules all;
  all.set_version(book.version());
  for (const AttributeInfo& attribute : Attributes()) {
    const Rule& rule = book.Of(attribute.number);
    config::ResolutionRule& written = *all.add_resolution();
    written.set_attribute(attribute.name);
    for (const v1::Criterion criterion : rule.criteria) {
      written.add_criteria(criterion);
    }
    for (const std::string& owner : rule.owners) written.add_owners(owner);
    for (const Contest& contest : rule.contests) {
      config::Contest& one = *written.add_contests();
      one.set_criterion(contest.criterion);
      one.set_days(contest.days);
    }
  }
  *all.mutable_linking() = WrittenOut(rules.linking());
  return all;
}

std::vector<v1::Violation> CheckRules(const config::Rules& rules) {
  Checker checker;
  checker.Check(rules);
  return checker.Take();
}

}  // namespace waystation::domain
