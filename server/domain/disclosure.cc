// SPDX-License-Identifier: Apache-2.0
#include "server/domain/disclosure.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/time_util.h"
#include "server/domain/apply.h"
#include "server/domain/grades.h"
#include "server/domain/meaning.h"
#include "server/domain/predicates.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;
using google::protobuf::Message;
using google::protobuf::util::TimeUtil;
using MatchAnswer = v1::MatchClaimResponse::Answer;
using PredicateValue = v1::PredicateAnswer::Answer;

// --- what a viewer sees of one attribute ---

// Claims as the viewer may see them, with the cut copies that they point to.
struct Seen {
  std::vector<Claim> claims;
  std::vector<std::unique_ptr<Message>> cuts;
};

// What both let through.
Permission Narrower(const Permission& a, const Permission& b) {
  Permission both;
  both.match = a.match && b.match;
  both.exists = a.exists && b.exists;
  std::ranges::set_intersection(a.predicates, b.predicates,
                                std::back_inserter(both.predicates));
  if (a.visible == v1::FORM_VALUE) {
    both.visible = b.visible;
    both.digits = b.digits;
  } else if (b.visible == v1::FORM_VALUE) {
    both.visible = a.visible;
    both.digits = a.digits;
  } else if (a.visible == v1::FORM_PARTIAL && b.visible == v1::FORM_PARTIAL) {
    both.visible = v1::FORM_PARTIAL;
    both.digits = std::min(a.digits, b.digits);
  }
  return both;
}

// A claim of the office may be known in the narrowest of the forms in which the
// viewer may know all the claims that it was ruled over: what a clerk said who
// saw all of them must tell nobody of one that is not theirs to know.
std::optional<Permission> PermissionForOffice(
    const Viewer& viewer, const store::StoredDecision& ruling) {
  std::optional<Permission> narrowest;
  for (const store::RuledOver& over : ruling.over()) {
    if (over.agency() == viewer.recipient->agency) {
      if (!std::ranges::binary_search(viewer.own, over.uid())) return {};
      continue;
    }
    const Permission& one = viewer.permissions->Of(
        over.sector(), static_cast<AttributeNumber>(ruling.attribute()));
    narrowest = narrowest.has_value() ? Narrower(*narrowest, one) : one;
  }
  if (narrowest.has_value() || ruling.over().empty()) return narrowest;
  // Its own records say all of it.
  narrowest.emplace();
  narrowest->visible = v1::FORM_VALUE;
  narrowest->match = true;
  return narrowest;
}

class Eye {
 public:
  Eye(const Viewer& viewer, const PersonClaims& claims)
      : claims_(claims), in_scope_(InScope(viewer, claims)) {
    for (const RecordView& record : claims.records()) {
      Access& access = access_.emplace_back();
      if (record.ruling != nullptr) {
        if (in_scope_) {
          access.office = PermissionForOffice(viewer, *record.ruling);
        }
      } else if (std::ranges::binary_search(viewer.own, record.uid)) {
        access.is_own = true;
      } else if (in_scope_ &&
                 record.record->agency() != viewer.recipient->agency) {
        // Of the agency's other records the viewer may not know that they are
        // the same person's.
        access.permissions = viewer.permissions->Find(record.sector);
      }
    }
  }

  bool IsOwn(const Claim& claim) const { return access_[claim.record].is_own; }

  // Calls `visit(claim, permission)` for each claim that the viewer may see;
  // nullptr for its own.
  template <typename Visit>
  void ForEachVisible(AttributeNumber attribute, Visit visit) const {
    for (const Claim& claim : claims_.Of(attribute)) {
      if (IsOwn(claim)) {
        visit(claim, nullptr);
        continue;
      }
      const Permission* permission = PermissionFor(claim, attribute);
      if (!IsVisible(permission)) continue;
      const auto sees = [&](const Claim& other) {
        return IsOwn(other) || IsVisible(PermissionFor(other, attribute));
      };
      if (!IsAlone(claim, attribute, sees)) visit(claim, permission);
    }
  }

  // The viewer's own claims, and those of others that it may see, cut to their
  // forms.
  Seen See(const AttributeInfo& attribute) const {
    Seen seen;
    ForEachVisible(attribute.number, [&](const Claim& claim,
                                         const Permission* permission) {
      if (permission == nullptr || permission->visible == v1::FORM_VALUE) {
        seen.claims.push_back(claim);
        return;
      }
      std::unique_ptr<Message> cut(claim.value->New());
      cut->CopyFrom(*claim.value);
      if (!CutToPartial(attribute, permission->digits, *cut)) return;
      seen.claims.push_back(claim);
      seen.claims.back().value = cut.get();
      seen.cuts.push_back(std::move(cut));
    });
    return seen;
  }

  // The claims of others that the viewer may ask about, whole. `may_ask` tells
  // by the permission.
  template <typename MayAsk>
  std::vector<Claim> AskAbout(const AttributeInfo& attribute,
                              MayAsk may_ask) const {
    std::vector<Claim> asked;
    const auto may_ask_about = [&](const Claim& claim) {
      const Permission* permission = PermissionFor(claim, attribute.number);
      return permission != nullptr && may_ask(*permission);
    };
    for (const Claim& claim : claims_.Of(attribute.number)) {
      if (may_ask_about(claim) &&
          !IsAlone(claim, attribute.number, may_ask_about)) {
        asked.push_back(claim);
      }
    }
    return asked;
  }

 private:
  // Of one record: the viewer's own, or what others' agreements let through.
  struct Access {
    bool is_own = false;
    const std::array<Permission, 64>* permissions = nullptr;
    // Of a record of the office.
    std::optional<Permission> office = std::nullopt;
  };

  static bool IsVisible(const Permission* permission) {
    return permission != nullptr && permission->visible != v1::FORM_UNSPECIFIED;
  }

  // A claim of the office, of whose claims that it was ruled over the viewer
  // sees none any more: it would tell more than they do.
  template <typename Sees>
  bool IsAlone(const Claim& claim, AttributeNumber number, Sees sees) const {
    if (!claim.is_office()) return false;
    const AttributeInfo& attribute = GetAttribute(number);
    const std::string entry = EntryKey(attribute, *claim.value);
    return std::ranges::none_of(claims_.Of(number), [&](const Claim& other) {
      return IsRuledOver(*claim.ruling, other) && sees(other) &&
             EntryKey(attribute, *other.value) == entry;
    });
  }

  const Permission* PermissionFor(const Claim& claim,
                                  AttributeNumber attribute) const {
    const Access& access = access_[claim.record];
    if (access.office.has_value()) return &*access.office;
    if (access.permissions == nullptr) return nullptr;
    return &(*access.permissions)[static_cast<std::size_t>(attribute)];
  }

  const PersonClaims& claims_;
  const bool in_scope_;
  absl::InlinedVector<Access, 4> access_;
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
  for (const RecordView& record : claims.records()) {
    if (std::ranges::binary_search(viewer.own, record.uid) &&
        HasClaims(*record.record)) {
      view.add_record_keys(record.record->record_key());
    }
  }
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
    if (predicate.about_business) continue;
    const std::vector<Claim> asked =
        eye.AskAbout(attribute, [&](const Permission& permission) {
          return std::ranges::binary_search(permission.predicates,
                                            predicate.name);
        });
    const PredicateValue value = AnswerOf(
        predicate.name, ResolveSeen(attribute, asked, context), context.as_of);
    // A claim that answers nothing must not show that it is there.
    if (value == v1::PredicateAnswer::ANSWER_UNSPECIFIED) continue;
    v1::PredicateAnswer& answer = *view.add_predicates();
    answer.set_predicate(predicate.name);
    answer.set_answer(value);
  }
}

// --- conflicts ---

// Whether the viewer's claims can disagree at all, so that what agrees, which
// is nearly everything, is not resolved.
bool MayDisagree(const Eye& eye, const AttributeInfo& attribute) {
  const Claim* first = nullptr;
  bool several = false;
  bool differ = false;
  eye.ForEachVisible(attribute.number, [&](const Claim& claim,
                                           const Permission* /*permission*/) {
    if (first == nullptr) first = &claim;
    several = several || claim.uid != first->uid;
    differ = differ || !Identical(attribute, *first->full, *claim.full);
  });
  return several && differ;
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

// Where one viewer sees one attribute before and after a change.
class Glance {
 public:
  Glance(const Eye& before, const Eye& after, AttributeNumber attribute)
      : attribute_(GetAttribute(attribute)) {
    before.ForEachVisible(attribute, Adder{before_});
    after.ForEachVisible(attribute, Adder{after_});
  }

  // The same claims of the same records; what they resolve to is the same too.
  bool SameClaims() const {
    return std::ranges::equal(
        before_, after_, [](const Visible& a, const Visible& b) {
          return a.claim->uid == b.claim->uid &&
                 a.claim->full == b.claim->full && SameForm(a, b);
        });
  }

  // All say the same on both sides, and did so then as now, so that what stands
  // is that.
  bool SayAllTheSame() const {
    if (attribute_.is_set || before_.empty() || after_.empty()) return false;
    const Visible& first = before_.front();
    const auto alike = [&](const Visible& other) {
      return other.claim->valid_from == nullptr && SameForm(first, other) &&
             Identical(attribute_, *first.claim->full, *other.claim->full);
    };
    return std::ranges::all_of(before_, alike) &&
           std::ranges::all_of(after_, alike);
  }

 private:
  struct Visible {
    const Claim* claim;
    const Permission* permission;
  };
  using List = absl::InlinedVector<Visible, 8>;

  struct Adder {
    List& list;
    void operator()(const Claim& claim, const Permission* permission) const {
      list.push_back({&claim, permission});
    }
  };
  static bool IsCutBy(const Permission* permission) {
    return permission != nullptr && permission->visible == v1::FORM_PARTIAL;
  }
  static bool SameForm(const Visible& a, const Visible& b) {
    return IsCutBy(a.permission) == IsCutBy(b.permission) &&
           (!IsCutBy(a.permission) ||
            a.permission->digits == b.permission->digits);
  }

  const AttributeInfo& attribute_;
  List before_;
  List after_;
};

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
  if (viewer.by_notice) return true;
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
  ForEachAttribute(
      claims.attributes() & wanted & viewer.permissions->Existing(),
      [&](AttributeNumber number) {
        const AttributeInfo& attribute = GetAttribute(number);
        const auto claimed = eye.AskAbout(
            attribute,
            [](const Permission& permission) { return permission.exists; });
        if (!claimed.empty()) view.add_existing(attribute.name);
      });
  return view;
}

std::vector<SeenConflicts> ConflictsIn(const Viewer& viewer,
                                       const PersonClaims& claims,
                                       const Context& context,
                                       AttributeSet attributes) {
  std::vector<SeenConflicts> conflicts;
  attributes &= claims.attributes();
  // One record alone contradicts nobody.
  if (viewer.own.size() <= 1) attributes &= viewer.permissions->Visible();
  if (attributes == 0) return conflicts;
  const Eye eye(viewer, claims);
  ForEachAttribute(attributes, [&](AttributeNumber number) {
    const AttributeInfo& attribute = GetAttribute(number);
    if (!MayDisagree(eye, attribute)) return;
    Seen seen = eye.See(attribute);
    const auto is_of_first = [&](const Claim& claim) {
      return claim.uid == seen.claims.front().uid;
    };
    if (std::ranges::all_of(seen.claims, is_of_first)) return;
    std::vector<Resolution> entries =
        ResolveSeen(attribute, seen.claims, context);
    std::erase_if(entries,
                  [](const Resolution& entry) { return !entry.is_conflict(); });
    if (entries.empty()) return;
    conflicts.push_back({.attribute = number,
                         .entries = std::move(entries),
                         .cuts = std::move(seen.cuts)});
  });
  return conflicts;
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
  // Of what it may not see of others an agency with one record knows all that
  // there is to know: what it said itself.
  if (before.viewer.own.size() <= 1 && after.viewer.own.size() <= 1) {
    attributes &= before.viewer.permissions->Visible() |
                  after.viewer.permissions->Visible();
  }
  ForEachAttribute(attributes, [&](AttributeNumber number) {
    const AttributeInfo& attribute = GetAttribute(number);
    const Glance glance(eye_before, eye_after, number);
    if (same_context && (glance.SameClaims() || glance.SayAllTheSame())) return;
    const Seen seen_before = eye_before.See(attribute);
    const Seen seen_after = eye_after.See(attribute);
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
