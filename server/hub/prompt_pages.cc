// SPDX-License-Identifier: Apache-2.0
#include "server/hub/prompt_pages.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "server/hub/mailbox_page.h"
#include "server/hub/person_reader.h"

namespace waystation::hub {
namespace {

// A longer page is read by a thread for reads: whoever waits for the group
// shall not wait for it.
constexpr size_t kMostPrompt = 64;

// Persons as the group leaves them, whole: sides hold what can matter to a
// comparison only.
class PersonsAfter {
 public:
  PersonsAfter(const Planning& planning, std::span<const Affair> affairs)
      : planning_(planning), affairs_(affairs) {}

  // nullptr for a record that the group has not looked at.
  std::shared_ptr<const Person> Holding(storage::Uid uid) {
    const auto found = persons_.find(uid);
    if (found != persons_.end()) return found->second;
    std::shared_ptr<const Person> person = Make(uid);
    if (person == nullptr) return nullptr;
    for (const storage::Uid member : person->side->members) {
      persons_[member] = person;
    }
    return person;
  }

 private:
  std::shared_ptr<const Person> Make(storage::Uid uid) const {
    for (const Affair& affair : affairs_) {
      for (const std::unique_ptr<PersonSide>& side : affair.after) {
        if (std::ranges::find(side->members, uid) == side->members.end()) {
          continue;
        }
        auto person = std::make_shared<Person>();
        person->registry = planning_.registry;
        person->rules = planning_.rules;
        person->decisions = planning_.DecisionsAfter();
        person->rulings = PairRulings(person->decisions);
        person->side =
            MakeSide(*planning_.registry, side->records, person->decisions);
        return person;
      }
    }
    return nullptr;
  }

  const Planning& planning_;
  const std::span<const Affair> affairs_;
  absl::flat_hash_map<storage::Uid, std::shared_ptr<const Person>> persons_;
};

// What the group puts into the mailbox of an agency.
std::vector<storage::MailboxRow> RowsFor(const Planning& planning,
                                         storage::AgencyNumber agency) {
  std::vector<storage::MailboxRow> rows;
  for (const storage::MailboxRow& row : planning.batch.mailbox) {
    if (row.agency != agency) continue;
    rows.push_back(row);
    rows.back().position = rows.size();
  }
  return rows;
}

// nullopt: too many for a page that others wait for, or not all known.
std::optional<std::vector<std::shared_ptr<const Person>>> HoldersOf(
    std::span<const storage::MailboxRow> rows, PersonsAfter& persons_after) {
  if (rows.size() > kMostPrompt) return std::nullopt;
  std::vector<std::shared_ptr<const Person>> persons;
  persons.reserve(rows.size());
  for (const storage::MailboxRow& row : rows) {
    persons.push_back(persons_after.Holding(row.uid));
    if (persons.back() == nullptr) return std::nullopt;
  }
  return persons;
}

// Whether it is promised what the group that is being written puts into its
// mailbox, if that is anything.
bool HasSeen(const Change* in_flight, storage::AgencyNumber agency,
             const MailboxWatchers::Standing& standing) {
  if (in_flight == nullptr) return true;
  const auto has = [](const auto& list, const auto& one) {
    return std::ranges::find(list, one) != list.end();
  };
  return !has(in_flight->told, agency) ||
         has(in_flight->promised, standing.id());
}

// Whether it stands at the mailbox's end. Another hub may have put something
// in, of which it will hear in a moment.
bool StandsAtEnd(const Planning& planning, const Change* in_flight,
                 storage::AgencyNumber agency,
                 const MailboxWatchers::Standing& standing) {
  const storage::Store& store = planning.core.store;
  if (!store.is_shared()) return true;
  // It was looked at when that was planned.
  if (in_flight != nullptr &&
      std::ranges::find(in_flight->told, agency) != in_flight->told.end()) {
    return true;
  }
  const auto mailbox = store.GetMailbox(agency);
  return mailbox.ok() && mailbox->last == standing.position;
}

std::optional<PromptPage> PrepareFor(Planning& planning,
                                     const AgencyEntry& agency,
                                     const MailboxWatchers::Standing& standing,
                                     std::span<const storage::MailboxRow> rows,
                                     PersonsAfter& persons_after) {
  Core& core = planning.core;
  const std::shared_ptr<const Access> access =
      planning.registry->AccessOf(agency, planning.today, standing.purpose());
  const MailboxReading reading{.caller = standing.caller(),
                               .agency = agency,
                               .access = *access,
                               .purpose = standing.purpose(),
                               .now = planning.now};
  const auto size = reading.SizeOf(standing.page_size());
  if (!size.ok() || rows.size() > *size) return std::nullopt;
  const auto persons = HoldersOf(rows, persons_after);
  if (!persons.has_value()) return std::nullopt;
  auto prepared = PreparePage(core, reading, rows, *persons);
  if (!prepared.has_value() || prepared->page.entries().empty()) {
    return std::nullopt;
  }
  if (!core.budgets.Call(reading.purse()).ok() ||
      !core.budgets.Tell(reading.purse(), prepared->uids()).ok()) {
    return std::nullopt;
  }
  auto promise = MailboxWatchers::MakePromise(standing, rows.size());
  if (!promise.has_value()) return std::nullopt;
  PromptPage page{.promise = *std::move(promise), .response = {}};
  v1::MailboxPage& told = *page.response.mutable_page();
  told = std::move(prepared->page);
  // Positions of one mailbox follow each other without a gap.
  SetRange(core, standing.caller(), standing.position,
           standing.position + rows.size(), told);
  told.set_at_end(true);
  page.ordinal = planning.AddLeaf(std::move(prepared->event),
                                  std::move(prepared->details));
  return page;
}

}  // namespace

std::vector<PromptPage> PreparePromptPages(Planning& planning,
                                           const Change* in_flight,
                                           std::span<const Affair> affairs) {
  std::vector<PromptPage> pages;
  PersonsAfter persons_after(planning, affairs);
  for (const storage::AgencyNumber number : planning.change.told) {
    const AgencyEntry* agency = planning.registry->Find(number);
    if (agency == nullptr) continue;
    const auto standing = planning.core.watchers.StandingBy(agency->id());
    if (standing.empty()) continue;
    const std::vector<storage::MailboxRow> rows = RowsFor(planning, number);
    for (const MailboxWatchers::Standing& one : standing) {
      std::optional<PromptPage> page =
          one.has_room && HasSeen(in_flight, number, one) &&
                  StandsAtEnd(planning, in_flight, number, one)
              ? PrepareFor(planning, *agency, one, rows, persons_after)
              : std::nullopt;
      if (page.has_value()) {
        planning.change.promised.push_back(one.id());
        pages.push_back(*std::move(page));
      } else {
        MailboxWatchers::PassOver(one);
      }
    }
  }
  return pages;
}

void Give(Core& core, PromptPage page, uint64_t first_leaf) {
  SetLeaf(core, first_leaf + page.ordinal, *page.response.mutable_page());
  std::move(page.promise).Keep(std::move(page.response));
}

}  // namespace waystation::hub
