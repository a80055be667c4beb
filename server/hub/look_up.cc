// SPDX-License-Identifier: Apache-2.0
// Who stands at the desk, asked before a record of them is made. What they
// presented is looked at as if the record were there already, so that the
// caller learns exactly what MatchClaim would tell it afterwards.
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"
#include "server/domain/disclosure.h"
#include "server/domain/link.h"
#include "server/domain/meaning.h"
#include "server/domain/score.h"
#include "server/hub/disclosure.h"
#include "server/hub/offered.h"
#include "server/hub/reading.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::Uid;

// Of the record that is not made yet: behind all that are.
constexpr Uid kPresented = std::numeric_limits<Uid>::max();
// A number that more records hold names nobody.
constexpr size_t kMostHolders = 64;

absl::Status Invalid(std::string field, std::string rule) {
  return errors::Error("INVALID_REQUEST",
                       {.field = std::move(field), .rule = std::move(rule)});
}

// The attributes that are offered.
absl::StatusOr<domain::AttributeSet> AttributesIn(const v1::Person& offered) {
  domain::AttributeSet attributes = 0;
  for (const domain::AttributeInfo& attribute : domain::Attributes()) {
    const int entries = domain::EntryCount(attribute, offered);
    if (entries > 1) {
      return Invalid("offered." + std::string(attribute.name),
                     "one entry of each attribute");
    }
    if (entries == 1) attributes |= attribute.bit();
  }
  if ((attributes & domain::kScopeAttributes) != domain::kScopeAttributes) {
    return Invalid("offered",
                   "sets an identifier, the name and the birth date");
  }
  return attributes;
}

absl::StatusOr<RecordPtr> ReadPresented(Core& core, const AgencyEntry& agency,
                                        const v1::Person& offered) {
  const auto attributes = AttributesIn(offered);
  if (!attributes.ok()) return attributes.status();
  const domain::ReadResult read = ReadOffered(core, *attributes, offered);
  if (!read.ok()) {
    const v1::Violation& violation = read.violations.front();
    std::string field = violation.field();
    if (field.starts_with("claims")) field.replace(0, 6, "offered");
    return errors::Error("INVALID_REQUEST",
                         {.field = std::move(field), .rule = violation.rule()});
  }
  auto record = std::make_shared<Record>();
  record->uid = kPresented;
  record->agency = agency.number;
  record->stored.set_agency(agency.id());
  domain::Apply(read.update, record->stored);
  return record;
}

// Whoever the number and the name mean.
struct Meant {
  std::shared_ptr<const Person> person;
  // The records that hold the number, ascending.
  std::vector<RecordPtr> holders;
};

bool AreOne(const domain::LinkFeatures& presented,
            const domain::LinkFeatures& holder) {
  const domain::LinkFeatures both[] = {holder, presented};
  return !domain::StrongEdges(both, {}).edges.empty() &&
         !domain::Contradict(presented.birth_date, holder.birth_date);
}

// Nobody where several persons fit: the better one is never picked.
absl::StatusOr<Meant> FindMeant(Core& core, const Snapshot& registry,
                                const Record& presented) {
  const domain::BlockList& block_list = core.rules().linking().block_list;
  const auto features_of = [&](const Record& record) {
    return domain::FeaturesOf(ViewOf(registry, record), block_list);
  };
  const domain::LinkFeatures features = features_of(presented);
  std::vector<storage::KeyHash> hashes;
  for (const std::string& identifier : features.identifiers) {
    hashes.push_back(core.hashes.Identifier(identifier));
  }
  const auto found = core.store.LookUpIdentifiers(hashes, kMostHolders + 1);
  if (!found.ok()) return StoreError(found.status());
  std::vector<Uid> uids;
  for (const std::vector<Uid>& holders : *found) {
    if (holders.size() > kMostHolders) return Meant();
    uids.insert(uids.end(), holders.begin(), holders.end());
  }
  std::ranges::sort(uids);
  const auto persons = ReadPersons(core, uids);
  if (!persons.ok()) return persons.status();
  Meant meant;
  for (size_t i = 0; i < uids.size(); ++i) {
    const std::shared_ptr<const Person>& person = (*persons)[i];
    const RecordPtr holder =
        person == nullptr ? nullptr : person->Find(uids[i]);
    if (holder == nullptr || !AreOne(features, features_of(*holder))) continue;
    if (meant.person != nullptr && meant.person != person) return Meant();
    meant.person = person;
    meant.holders.push_back(holder);
  }
  return meant;
}

// The caller's own, that holds the number itself: of others that are linked to
// it the caller may not know that they are.
RecordPtr OwnAmong(const Meant& meant, const AgencyEntry& agency) {
  const auto own =
      std::ranges::find(meant.holders, agency.number, &Record::agency);
  return own == meant.holders.end() ? nullptr : *own;
}

// What the caller is told of each attribute; of which it is told anything.
domain::AttributeSet AddAnswers(const Reading& reading, const Meant& meant,
                                std::span<const Uid> own,
                                const RecordPtr& presented,
                                v1::LookUpPersonResponse& response) {
  std::vector<RecordPtr> records;
  if (meant.person != nullptr) records = meant.person->side->records;
  records.push_back(presented);
  const std::vector<DecisionPtr> decisions = meant.person != nullptr
                                                 ? meant.person->decisions
                                                 : std::vector<DecisionPtr>();
  const auto side = MakeSide(reading.registry(), std::move(records), decisions);
  std::vector<Uid> known(own.begin(), own.end());
  known.push_back(kPresented);
  const domain::Viewer viewer{.recipient = &reading.agency().recipient,
                              .permissions = &reading.access().permissions,
                              .own = known};
  const domain::Context context{.rules = &reading.core().rules(),
                                .decisions = side->decisions,
                                .as_of = reading.today()};
  domain::AttributeSet told = 0;
  for (const store::v1::StoredClaim& claim : presented->stored.claims()) {
    const domain::AttributeInfo& attribute = domain::GetAttribute(
        static_cast<domain::AttributeNumber>(claim.attribute()));
    v1::AttributeAnswer& answer = *response.add_answers();
    answer.set_attribute(attribute.name);
    answer.set_answer(
        domain::Match(viewer, side->claims, context, attribute, claim.value()));
    if (answer.answer() != v1::MatchClaimResponse::ANSWER_UNSPECIFIED) {
      told |= attribute.bit();
    }
  }
  return told;
}

}  // namespace

void Disclosure::LookUpPerson(const Caller& caller,
                              const v1::LookUpPersonRequest& request,
                              Hub::Callback<v1::LookUpPersonResponse> done) {
  constexpr std::string_view kMethod = "RegistryService.LookUpPerson";
  const auto reading =
      Reading::Begin(core_, caller, request.purpose(), kMethod);
  if (!reading.ok()) return done(reading.status());
  const auto refuse = [&](const absl::Status& why) {
    return Refuse(refusals_, committer_, *reading, std::nullopt, why,
                  std::move(done));
  };
  if (auto spent = core_.budgets.Call(reading->purse()); !spent.ok()) {
    return refuse(spent);
  }
  const auto presented =
      ReadPresented(core_, reading->agency(), request.offered());
  if (!presented.ok()) return done(presented.status());
  const auto meant = FindMeant(core_, reading->registry(), **presented);
  if (!meant.ok()) return done(meant.status());

  v1::LookUpPersonResponse response;
  const RecordPtr own = OwnAmong(*meant, reading->agency());
  std::vector<Uid> group;
  if (own != nullptr) {
    group = meant->person->OwnGroup(reading->agency().number, own->uid);
    response.set_record_key(own->stored.record_key());
    response.set_handle(reading->agency().handles.Encode(group.front()));
  }
  const domain::AttributeSet told =
      AddAnswers(*reading, *meant, group, *presented, response);
  const RecordPtr record = own != nullptr           ? own
                           : meant->holders.empty() ? nullptr
                                                    : meant->holders.front();
  // Whoever is told nothing of anybody asks at the price of one who is.
  const Uid uid = record != nullptr ? record->uid : 0;
  if (auto spent = core_.budgets.MayAsk(reading->purse(), uid); !spent.ok()) {
    return refuse(spent);
  }
  if (told != 0) {
    if (auto spent = core_.budgets.Tell(reading->purse(), {&uid, 1});
        !spent.ok()) {
      return refuse(spent);
    }
  }
  *response.mutable_as_of_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(reading->now());
  // The caller can read this leaf in the log: where it is told of nobody, the
  // leaf names nobody either.
  const bool is_told = told != 0 || own != nullptr;
  committer_.Submit(
      reading->Leaf(is_told ? record.get() : nullptr, told,
                    AnswerRead(core_, std::move(response), std::move(done))));
}

}  // namespace waystation::hub
