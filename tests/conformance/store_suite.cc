// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/store_suite.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"

namespace waystation::conformance {

using storage::AgencyNumber;
using storage::Batch;
using storage::ChangeKind;
using storage::Committed;
using storage::KeyHash;
using storage::LeafRow;
using storage::OpenItem;
using storage::PersonId;
using storage::RecordRow;
using storage::Store;
using storage::Uid;

void StoreSuite::SetUp() {
  medium_ = GetParam()();
  Reopen();
}

namespace {

absl::StatusOr<std::unique_ptr<Store>> InTime(
    const Medium& medium,
    const std::function<absl::StatusOr<std::unique_ptr<Store>>()>& open) {
  absl::StatusOr<std::unique_ptr<Store>> opened = open();
  for (int tries = 0; medium.is_server() && tries < 600 &&
                      (absl::IsUnavailable(opened.status()) ||
                       absl::IsFailedPrecondition(opened.status()));
       ++tries) {
    ::usleep(50'000);
    opened = open();
  }
  return opened;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenInTime(Medium& medium) {
  return InTime(medium, [&] { return medium.Open(); });
}

absl::StatusOr<std::unique_ptr<Store>> OpenSharedInTime(
    Medium& medium, absl::Duration patience) {
  return InTime(medium, [&] { return medium.OpenShared(patience); });
}

absl::StatusOr<std::unique_ptr<storage::StoreFiller>> BeginInTime(
    Medium& medium, const std::string& source) {
  auto begun = medium.BeginFilling(source);
  for (int tries = 0;
       tries < 600 && errors::ReasonOf(begun.status()) == "STORE_IN_USE";
       ++tries) {
    ::usleep(50'000);
    begun = medium.BeginFilling(source);
  }
  return begun;
}

void StoreSuite::Reopen() {
  store_.reset();
  absl::StatusOr<std::unique_ptr<Store>> opened = OpenInTime(*medium_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  store_ = *std::move(opened);
}

Batch StoreSuite::NewBatch() {
  Batch batch;
  batch.id = HashOf(++numbers_ + (uint64_t{1} << 40));
  batch.reads.group = store_->NewestGroup();
  batch.leaves.push_back(NewLeaf());
  return batch;
}

LeafRow StoreSuite::NewLeaf(const std::vector<Uid>& uids) {
  LeafRow leaf{.event = absl::StrCat("event ", ++numbers_)};
  for (const Uid uid : uids) {
    const std::string sealed = Seal(absl::StrCat("detail ", ++numbers_));
    leaf.details.push_back({uid, auditlog::Sha256(sealed), sealed});
  }
  return leaf;
}

Uid StoreSuite::NewUid() { return Take(store_->ReserveUids(1)); }

Uid StoreSuite::AddRecord(Batch& batch, AgencyNumber agency, PersonId person) {
  const Uid uid = NewUid();
  batch.records.push_back({.uid = uid,
                           .agency = agency,
                           .key = HashOf(uid),
                           .wrapped_key = absl::StrCat("key of ", uid),
                           .sealed = Seal(absl::StrCat("record ", uid)),
                           .vector = Seal(absl::StrCat("vector ", uid)),
                           .received_time = static_cast<int64_t>(uid) * 1000});
  batch.memberships.push_back({uid, person == 0 ? uid : person});
  return uid;
}

Committed StoreSuite::Commit(const Batch& batch) {
  return Take(store_->Commit(batch));
}

RecordRow StoreSuite::Held(Uid uid) {
  const std::vector<std::optional<RecordRow>> records =
      Take(store_->LoadByUid({&uid, 1}));
  EXPECT_TRUE(!records.empty() && records.front().has_value());
  return records.empty() ? RecordRow() : records.front().value_or(RecordRow());
}

void StoreSuite::Fill() {
  std::vector<Uid> uids;
  for (int group = 0; group < 4; ++group) {
    Batch batch = NewBatch();
    for (uint64_t i = 0; i < 12; ++i) {
      const AgencyNumber agency = static_cast<AgencyNumber>(1 + i % 3);
      uids.push_back(AddRecord(batch, agency, i % 2 == 0 ? 0 : uids.back()));
      batch.identifiers_added.push_back({HashOf(i), 1, uids.back()});
      if (i % 3 == 1) {
        batch.edges_put.push_back(
            {uids[uids.size() - 2], uids.back(), absl::StrCat("edge ", i)});
      }
      for (uint64_t n = 0; n < 7; ++n) {
        batch.mailbox.push_back({.agency = agency,
                                 .uid = uids.back(),
                                 .attributes = uint64_t{1} << (n * 9),
                                 .kind = ChangeKind::kChanged});
      }
    }
    batch.leaves.push_back(NewLeaf(uids));
    Commit(batch);
  }
  Batch batch = NewBatch();
  for (uint32_t i = 0; i < 6; ++i) {
    batch.items_put.push_back({.kind = OpenItem::Kind::kConflict,
                               .a = uids[i],
                               .attribute = i,
                               .opened_time = 100 - i,
                               .agencies = {1, 2},
                               .etag = HashOf(i),
                               .reason = 3});
    batch.items_put.push_back({.kind = OpenItem::Kind::kCandidate,
                               .a = uids[i],
                               .b = uids[i + 1],
                               .entry = HashOf(i),
                               .opened_time = 50 + i % 2,
                               .reopened = i % 2 == 0,
                               .agencies = {3},
                               .etag = HashOf(i)});
    batch.decisions.push_back({.number = i + 1,
                               .uids = {uids[i], uids[i + 2]},
                               .active = i % 2 == 0,
                               .wrapped_key = absl::StrCat("key ", i),
                               .sealed = Seal(absl::StrCat("decision ", i)),
                               .request = HashOf(1000 + i)});
    batch.objects.push_back({i % 2 == 0 ? "agency" : "agreement",
                             absl::StrCat("id-", i), std::string(50 * i, 'x')});
  }
  for (uint32_t i = 0; i < 6; ++i) {
    batch.notices.push_back(
        {.number = i + 1,
         .sender = 1 + i % 3,
         .recipient = 3,
         .waits_for = i % 4,
         .uid = uids[i],
         .due_time = 40 - i % 3,
         .request = i % 2 == 0 ? HashOf(2000 + i) : KeyHash(),
         .bytes = absl::StrCat("notice ", i),
         .sealed = i == 3 ? "" : Seal(absl::StrCat("text ", i))});
  }
  for (uint32_t i = 0; i < 5; ++i) {
    batch.codes.push_back({.hash = HashOf(3000 + i),
                           .uid = uids[i % 3],
                           .expire_time = 100 - i,
                           .sealed = Seal(absl::StrCat("code ", i))});
  }
  for (int i = 0; i < 300; ++i) batch.leaves.push_back(NewLeaf());
  Commit(batch);
  batch = NewBatch();
  batch.records.push_back(Held(uids[3]));
  batch.records.front().sealed = Seal("changed");
  batch.memberships.push_back({uids[3], uids[3]});
  batch.identifiers_removed.push_back({HashOf(0), 1, uids[0]});
  batch.edges_removed.push_back({uids[0], uids[1]});
  batch.items_removed.push_back(
      {.kind = OpenItem::Kind::kConflict, .a = uids[2], .attribute = 2});
  batch.codes = {*Take(store_->FindHolderCode(HashOf(3001)))};
  batch.codes.front().spent = true;
  batch.codes_removed = {HashOf(3002)};
  Commit(batch);
  EXPECT_TRUE(store_->AcknowledgeMailbox(1, 7, 70).ok());
  for (const uint64_t size : {uint64_t{10}, uint64_t{260}}) {
    EXPECT_TRUE(
        store_->PutCheckpoint({size, absl::StrCat("note ", size), 5}).ok());
    for (const char* witness : {"health.320500", "labor.320500"}) {
      EXPECT_TRUE(store_->PutCosignature({size, witness, 9, "signs"}).ok());
    }
  }
}

KeyHash HashOf(uint64_t number) {
  const auditlog::Hash hash = auditlog::Sha256(absl::StrCat("hash ", number));
  KeyHash key;
  std::copy_n(hash.begin(), key.size(), key.begin());
  return key;
}

std::string Seal(std::string_view value) {
  const auditlog::Hash hash = auditlog::Sha256(value);
  return std::string(value) +
         std::string(auditlog::AsBytes(hash).substr(0, 16));
}

std::optional<storage::Finding> Unseal(const RecordRow& record) {
  const auto is_whole = [](std::string_view sealed) {
    return sealed.empty() ||  // Erased, or not written yet.
           (sealed.size() >= 16 &&
            Seal(sealed.substr(0, sealed.size() - 16)) == sealed);
  };
  if (!is_whole(record.sealed) || !is_whole(record.vector)) {
    return storage::Finding{.place = absl::StrCat("record ", record.uid),
                            .reason = "its seal is broken"};
  }
  return std::nullopt;
}

}  // namespace waystation::conformance
