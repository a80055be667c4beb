// SPDX-License-Identifier: Apache-2.0
#include "server/domain/disclosure.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "google/protobuf/message.h"
#include "google/protobuf/util/time_util.h"
#include "server/domain/grades.h"
#include "server/domain/meaning.h"
#include "server/domain/predicates.h"

namespace waystation::domain {
namespace {

using google::protobuf::Message;
using google::protobuf::util::TimeUtil;
using MatchAnswer = v1::MatchClaimResponse::Answer;
using PredicateValue = v1::PredicateAnswer::Answer;

bool IsOwn(const Viewer& viewer, const Claim& claim) {
  return std::ranges::binary_search(viewer.own, claim.uid);
}

// Another record of the viewer's agency, of which the viewer may not know that
// it is the same person's.
bool IsHidden(const Viewer& viewer, const Claim& claim) {
  return claim.agency == viewer.recipient->agency && !IsOwn(viewer, claim);
}

// --- what a viewer sees of one attribute ---

// Claims as the viewer may see them, with the cut copies that they point to.
struct Seen {
  std::vector<Claim> claims;
  std::vector<std::unique_ptr<Message>> cuts;
};

class Eye {
 public:
  Eye(const Viewer& viewer, const PersonClaims& claims)
      : viewer_(viewer), claims_(claims), in_scope_(InScope(viewer, claims)) {}

  bool in_scope() const { return in_scope_; }

  // The viewer's own claims, and those of others that it may see.
  Seen See(const AttributeInfo& attribute) const {
    Seen seen;
    for (const Claim& claim : claims_.Of(attribute.number)) {
      if (IsOwn(viewer_, claim)) {
        seen.claims.push_back(claim);
      } else if (in_scope_ && !IsHidden(viewer_, claim)) {
        AddCovered(attribute, claim, seen);
      }
    }
    return seen;
  }

  // The claims of others that the viewer may ask about, whole. `may_ask` tells
  // by the permission.
  template <typename MayAsk>
  std::vector<Claim> AskAbout(const AttributeInfo& attribute,
                              MayAsk may_ask) const {
    std::vector<Claim> asked;
    if (!in_scope_) return asked;
    for (const Claim& claim : claims_.Of(attribute.number)) {
      if (IsOwn(viewer_, claim) || IsHidden(viewer_, claim)) continue;
      if (may_ask(viewer_.permissions->Of(claim.sector, attribute.number))) {
        asked.push_back(claim);
      }
    }
    return asked;
  }

 private:
  void AddCovered(const AttributeInfo& attribute, const Claim& claim,
                  Seen& seen) const {
    const Permission& permission =
        viewer_.permissions->Of(claim.sector, attribute.number);
    if (permission.visible == v1::FORM_VALUE) {
      seen.claims.push_back(claim);
      return;
    }
    if (permission.visible != v1::FORM_PARTIAL) return;
    std::unique_ptr<Message> cut(claim.value->New());
    cut->CopyFrom(*claim.value);
    if (!CutToPartial(attribute, permission.digits, *cut)) return;
    seen.claims.push_back(claim);
    seen.claims.back().value = cut.get();
    seen.cuts.push_back(std::move(cut));
  }

  const Viewer& viewer_;
  const PersonClaims& claims_;
  const bool in_scope_;
};

std::vector<Resolution> ResolveSeen(const AttributeInfo& attribute,
                                    std::span<const Claim> claims,
                                    const Context& context) {
  return Resolve(context.rules->Of(attribute.number), claims, context.decisions,
                 context.as_of, Ruling::kCovered);
}

bool IsCut(const Claim& claim) { return claim.value != claim.full; }

// --- a view ---

void AddAttribute(const AttributeInfo& attribute, const Resolution& resolution,
                  v1::PersonView& view) {
  const Claim& standing = resolution.standing();
  v1::Person& person = *view.mutable_person();
  const auto& reflection = *person.GetReflection();
  v1::AttributeView& shown = *view.add_attributes();
  if (attribute.is_set) {
    shown.set_entry(reflection.FieldSize(person, attribute.field));
    reflection.AddMessage(&person, attribute.field)->CopyFrom(*standing.value);
  } else {
    reflection.MutableMessage(&person, attribute.field)
        ->CopyFrom(*standing.value);
  }
  shown.set_attribute(attribute.name);
  shown.set_form(IsCut(standing) ? v1::FORM_PARTIAL : v1::FORM_VALUE);
  shown.set_status(resolution.status);
  shown.set_reason(std::string(ReasonOf(resolution.why)));
  shown.set_source_agency(std::string(standing.agency));
  if (IsCut(standing)) return;
  shown.set_grade(standing.grade);
  if (standing.recorded != 0) {
    *shown.mutable_recorded_time() =
        TimeUtil::MicrosecondsToTimestamp(standing.recorded);
  }
  if (standing.valid_from != nullptr) {
    *shown.mutable_valid_from() = *standing.valid_from;
  }
}

void AddRecordKeys(const Viewer& viewer, const PersonClaims& claims,
                   v1::PersonView& view) {
  std::vector<std::string_view> keys;
  ForEachAttribute(claims.attributes(), [&](AttributeNumber number) {
    for (const Claim& claim : claims.Of(number)) {
      if (IsOwn(viewer, claim)) keys.push_back(claim.record_key);
    }
  });
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  for (const std::string_view key : keys)
    view.add_record_keys(std::string(key));
}

// What every side of a conflict answers; UNSPECIFIED where they differ.
template <typename Answer, typename AnswerOf>
Answer Unanimous(const Resolution& resolution, AnswerOf answer_of) {
  const auto of_group = [&](const Group& group) {
    return answer_of(*resolution.claims[group.shows].value);
  };
  const Answer first = of_group(resolution.groups.front());
  if (!resolution.is_conflict()) return first;
  const bool unanimous = std::ranges::all_of(
      resolution.groups,
      [&](const Group& group) { return of_group(group) == first; });
  return unanimous ? first : Answer{};
}

// YES of one entry is enough; NO only if all that are known say so.
PredicateValue AnswerOf(const std::string& predicate,
                        std::span<const Resolution> resolutions,
                        codes::Date day) {
  PredicateValue answer = v1::PredicateAnswer::ANSWER_UNSPECIFIED;
  for (const Resolution& resolution : resolutions) {
    const auto entry =
        Unanimous<PredicateValue>(resolution, [&](const Message& value) {
          return AnswerPredicate(predicate, value, day);
        });
    if (entry == v1::PredicateAnswer::ANSWER_YES) return entry;
    if (entry == v1::PredicateAnswer::ANSWER_NO) answer = entry;
  }
  return answer;
}

void AddPredicates(const Eye& eye, const AttributeInfo& attribute,
                   const Context& context, v1::PersonView& view) {
  for (const PredicateInfo& predicate : attribute.predicates) {
    const std::vector<Claim> asked =
        eye.AskAbout(attribute, [&](const Permission& permission) {
          return std::ranges::binary_search(permission.predicates,
                                            predicate.name);
        });
    if (asked.empty()) continue;
    v1::PredicateAnswer& answer = *view.add_predicates();
    answer.set_predicate(predicate.name);
    answer.set_answer(AnswerOf(
        predicate.name, ResolveSeen(attribute, asked, context), context.as_of));
  }
}

// --- a change ---

const Resolution* FindEntry(std::span<const Resolution> resolutions,
                            std::string_view entry_key) {
  const auto place =
      std::ranges::find(resolutions, entry_key, &Resolution::entry_key);
  return place == resolutions.end() ? nullptr : &*place;
}

bool LooksAlike(const AttributeInfo& attribute, const Resolution& a,
                const Resolution& b) {
  return a.is_conflict() == b.is_conflict() &&
         Identical(attribute, *a.standing().value, *b.standing().value);
}

// Whether both sides show the same claims; what they resolve to is then the
// same too.
bool SameClaims(const Seen& a, const Seen& b) {
  return std::ranges::equal(
      a.claims, b.claims, [](const Claim& x, const Claim& y) {
        return x.uid == y.uid && x.full == y.full && IsCut(x) == IsCut(y);
      });
}

bool SameContext(const Context& a, const Context& b) {
  return a.rules == b.rules && a.as_of == b.as_of &&
         std::ranges::equal(a.decisions, b.decisions);
}

// Compares what one viewer sees of one attribute.
class Comparison {
 public:
  // `submitted` are the viewer's own records that spoke of this attribute in
  // this change, `words` what they claim of it now.
  Comparison(const AttributeInfo& attribute, std::span<const Uid> submitted,
             std::span<const Claim> words)
      : attribute_(attribute), submitted_(submitted), words_(words) {}

  // Whether the viewer is to be told.
  bool Differs(std::span<const Resolution> before,
               std::span<const Resolution> after) const {
    const auto is_news = [&](const Resolution& entry) {
      return IsNews(FindEntry(before, entry.entry_key), entry);
    };
    const auto is_lost = [&](const Resolution& entry) {
      return FindEntry(after, entry.entry_key) == nullptr && IsOthers(entry);
    };
    return std::ranges::any_of(after, is_news) ||
           std::ranges::any_of(before, is_lost);
  }

 private:
  // Of an entry that it spoke of itself, a viewer learns only what is not as it
  // said.
  bool IsNews(const Resolution* before, const Resolution& after) const {
    bool spoke = false;
    bool as_said = !after.is_conflict();
    for (const Claim& word : words_) {
      if (EntryKey(attribute_, *word.value) != after.entry_key) continue;
      spoke = true;
      as_said = as_said &&
                SameMeaning(attribute_, *word.value, *after.standing().value);
    }
    if (spoke) return !as_said;
    return before == nullptr || !LooksAlike(attribute_, *before, after);
  }

  // Whether others than the records that spoke claimed it: what these took back
  // themselves they know.
  bool IsOthers(const Resolution& entry) const {
    return std::ranges::any_of(entry.claims, [&](const Claim& claim) {
      return std::ranges::find(submitted_, claim.uid) == submitted_.end();
    });
  }

  const AttributeInfo& attribute_;
  std::span<const Uid> submitted_;
  std::span<const Claim> words_;
};

}  // namespace

bool InScope(const Viewer& viewer, const PersonClaims& claims) {
  const auto claimed = [&](Uid uid, AttributeNumber attribute) {
    return std::ranges::any_of(claims.Of(attribute), [&](const Claim& claim) {
      return claim.uid == uid && claim.grade != v1::GRADE_PLACEHOLDER &&
             codes::HasValue(FromMessage(claim.grade));
    });
  };
  return std::ranges::any_of(viewer.own, [&](Uid uid) {
    return claimed(uid, kIdentifiers) && claimed(uid, kName) &&
           claimed(uid, kBirthDate);
  });
}

v1::PersonView View(const Viewer& viewer, const PersonClaims& claims,
                    const Context& context, AttributeSet wanted) {
  v1::PersonView view;
  const Eye eye(viewer, claims);
  AddRecordKeys(viewer, claims, view);
  ForEachAttribute(claims.attributes() & wanted, [&](AttributeNumber number) {
    const AttributeInfo& attribute = GetAttribute(number);
    const Seen seen = eye.See(attribute);
    for (const Resolution& entry :
         ResolveSeen(attribute, seen.claims, context)) {
      AddAttribute(attribute, entry, view);
    }
  });
  ForEachAttribute(
      claims.attributes() & wanted & viewer.permissions->Answerable(),
      [&](AttributeNumber number) {
        AddPredicates(eye, GetAttribute(number), context, view);
      });
  return view;
}

MatchAnswer Match(const Viewer& viewer, const PersonClaims& claims,
                  const Context& context, const AttributeInfo& attribute,
                  const v1::Person& offered) {
  const Message* value = ValueOf(attribute, offered);
  if (value == nullptr) return v1::MatchClaimResponse::ANSWER_UNSPECIFIED;
  const Eye eye(viewer, claims);
  const std::vector<Claim> asked = eye.AskAbout(
      attribute, [](const Permission& permission) { return permission.match; });
  const std::vector<Resolution> resolutions =
      ResolveSeen(attribute, asked, context);
  const Resolution* entry = FindEntry(resolutions, EntryKey(attribute, *value));
  if (entry == nullptr) return v1::MatchClaimResponse::ANSWER_UNSPECIFIED;
  return Unanimous<MatchAnswer>(*entry, [&](const Message& stands) {
    if (Refines(attribute, stands, *value)) {
      return v1::MatchClaimResponse::ANSWER_MATCH;
    }
    return Compatible(attribute, stands, *value)
               ? v1::MatchClaimResponse::ANSWER_UNSPECIFIED
               : v1::MatchClaimResponse::ANSWER_DIFFERS;
  });
}

Told Compare(const Side& before, const Side& after, AttributeSet attributes,
             std::span<const Uid> submitted, AttributeSet said) {
  static const PersonClaims kNothing;
  const PersonClaims& claims_before =
      before.claims != nullptr ? *before.claims : kNothing;
  const PersonClaims& claims_after =
      after.claims != nullptr ? *after.claims : kNothing;
  const Eye eye_before(before.viewer, claims_before);
  const Eye eye_after(after.viewer, claims_after);
  const bool same_context = SameContext(before.context, after.context);

  Told told;
  attributes &= claims_before.attributes() | claims_after.attributes();
  ForEachAttribute(attributes, [&](AttributeNumber number) {
    const AttributeInfo& attribute = GetAttribute(number);
    const Seen seen_before = eye_before.See(attribute);
    const Seen seen_after = eye_after.See(attribute);
    if (same_context && SameClaims(seen_before, seen_after)) return;
    const auto resolved_before =
        ResolveSeen(attribute, seen_before.claims, before.context);
    const auto resolved_after =
        ResolveSeen(attribute, seen_after.claims, after.context);

    const std::span<const Uid> speakers =
        (said & attribute.bit()) != 0 ? submitted : std::span<const Uid>();
    std::vector<Claim> words;
    std::ranges::copy_if(
        seen_after.claims, std::back_inserter(words), [&](const Claim& claim) {
          return std::ranges::find(speakers, claim.uid) != speakers.end();
        });
    const Comparison comparison(attribute, speakers, words);
    if (!comparison.Differs(resolved_before, resolved_after)) return;
    told.changed |= attribute.bit();
    if (resolved_after.empty()) told.withdrawn |= attribute.bit();
  });
  return told;
}

}  // namespace waystation::domain
