// SPDX-License-Identifier: Apache-2.0
// Streams over the wire: order, bounds, ends.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <thread>

#include "proto/runtime/metrics.h"
#include "tests/unit/server/service/served_hub.h"
#include "waystation/v1/admin_service.grpc.pb.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"
#include "waystation/v1/notice_service.grpc.pb.h"
#include "waystation/v1/registry_service.grpc.pb.h"

namespace waystation::service {
namespace {

using testing::ElementsAre;
using testing::Lt;

using SubmitClient = grpc::ClientReaderWriter<v1::SubmitRecordsRequest,
                                              v1::SubmitRecordsResponse>;

class StreamsTest : public ServedHub {
 protected:
  static v1::SubmitRecordsRequest Frame(std::uint64_t number) {
    v1::SubmitRecordsRequest request;
    request.set_frame_number(number);
    request.mutable_frame()->add_updates("update");
    return request;
  }
  static std::vector<std::uint64_t> ReadAll(SubmitClient& stream) {
    std::vector<std::uint64_t> numbers;
    v1::SubmitRecordsResponse response;
    while (stream.Read(&response)) numbers.push_back(response.frame_number());
    return numbers;
  }
  static v1::PullResponse Page(const std::string& token, int entries,
                               bool at_end) {
    v1::PullResponse response;
    for (int i = 0; i < entries; ++i) {
      response.mutable_page()->add_entries()->set_kind(v1::CHANGE_KIND_CHANGED);
    }
    response.mutable_page()->set_last_token(token);
    response.mutable_page()->set_at_end(at_end);
    return response;
  }

  // Sends `count` frames down one stream while the hub waits for `at_once` of
  // them, where so many are left, before it answers the first. Returns the most
  // that it ever held; all must be acknowledged in the end.
  std::size_t MostHeld(std::uint64_t count, std::size_t at_once) {
    const auto stub = v1::RegistryService::NewStub(Connect(pair_));
    grpc::ClientContext context;
    const auto stream = stub->SubmitRecords(&context);
    std::thread writer([&] {
      for (std::uint64_t n = 1; n <= count; ++n) stream->Write(Frame(n));
      stream->WritesDone();
    });
    std::size_t most = 0;
    std::thread hub([&] {
      for (std::size_t answered = 0; answered < count;) {
        auto frames =
            hub_.TakeFrames(std::min<std::size_t>(at_once, count - answered));
        most = std::max(most, frames.size());
        answered += frames.size();
        for (auto& frame : frames) {
          frame.done(FakeHub::Acknowledge(frame.request));
        }
      }
    });
    EXPECT_EQ(ReadAll(*stream).size(), count);
    EXPECT_TRUE(stream->Finish().ok());
    writer.join();
    hub.join();
    return most;
  }

  KeyPair pair_ = clients_.Client("agency/labor.320500");
  std::string Serial() const {
    return ReadCertificate(pair_.certificate_pem)->serial;
  }
};

TEST_F(StreamsTest, AcknowledgesInOrder) {
  const auto stub = v1::RegistryService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto stream = stub->SubmitRecords(&context);
  for (const std::uint64_t n : {1, 2, 3, 4}) stream->Write(Frame(n));
  auto frames = hub_.TakeFrames(4);
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    frame->done(FakeHub::Acknowledge(frame->request));
  }
  stream->WritesDone();
  EXPECT_THAT(ReadAll(*stream), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamsTest, HoldsAFewFramesAndNoMore) {
  EXPECT_EQ(MostHeld(200, 4), 4U);
}

// An acknowledgement that goes out while a frame is handed over lets no other
// thread hand over the next one, which could overtake it.
TEST_F(StreamsTest, HandsOverOneFrameAtATime) {
  constexpr std::uint64_t kFrames = 200;
  std::atomic<std::uint64_t> acknowledged = 0;
  std::atomic<int> inside = 0;
  std::atomic<bool> together = false;
  hub_.AnswerFrames([&](const v1::SubmitRecordsRequest& request)
                        -> absl::StatusOr<v1::SubmitRecordsResponse> {
    if (++inside > 1) together = true;
    // Lingers until the one before has been acknowledged, and a little longer.
    for (auto seen = acknowledged.load(); seen + 1 < request.frame_number();
         seen = acknowledged.load()) {
      acknowledged.wait(seen);
    }
    for (int i = 0; i < 100; ++i) std::this_thread::yield();
    --inside;
    return FakeHub::Acknowledge(request);
  });
  const auto stub = v1::RegistryService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto stream = stub->SubmitRecords(&context);
  std::thread writer([&] {
    for (std::uint64_t n = 1; n <= kFrames; ++n) stream->Write(Frame(n));
    stream->WritesDone();
  });
  v1::SubmitRecordsResponse response;
  while (stream->Read(&response)) {
    acknowledged = response.frame_number();
    acknowledged.notify_all();
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(acknowledged, kFrames);
  EXPECT_FALSE(together);
}

// Many streams with large frames must not add up.
TEST_F(StreamsTest, HoldsOneFrameEachWhereAllTogetherHoldTooMuch) {
  server_.reset();
  frame_bytes_ = 1;
  StartServer();
  EXPECT_EQ(MostHeld(40, 1), 1U);
}

TEST_F(StreamsTest, OneAgencyOpensSoManyStreamsAndNoMore) {
  struct Open {
    std::unique_ptr<v1::RegistryService::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<SubmitClient> stream;
  };
  // Over several connections, since the transport bounds those of one.
  std::vector<std::unique_ptr<Open>> all;
  const auto open = [&](const std::shared_ptr<grpc::Channel>& channel) {
    Open& one = *all.emplace_back(std::make_unique<Open>());
    one.stub = v1::RegistryService::NewStub(channel);
    one.stream = one.stub->SubmitRecords(&one.context);
    one.stream->Write(Frame(all.size()));
  };
  const std::shared_ptr<grpc::Channel> channels[] = {Connect(pair_),
                                                     Connect(pair_)};
  for (int i = 0; i < 64; ++i) open(channels[i % 2]);
  auto frames = hub_.TakeFrames(64);
  open(channels[0]);
  EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(all.back()->stream->Finish())),
            "TOO_MANY_CALLS");
  for (auto& frame : frames) {
    frame.done(FakeHub::Acknowledge(frame.request));
  }
  hub_.AnswerFrames([](const v1::SubmitRecordsRequest& request) {
    return FakeHub::Acknowledge(request);
  });
  const auto is_taken = [&](const std::shared_ptr<grpc::Channel>& channel) {
    open(channel);
    v1::SubmitRecordsResponse response;
    return all.back()->stream->Read(&response);
  };
  EXPECT_TRUE(is_taken(Connect("agency/public_security.341200")))
      << "another agency is not held up";
  EXPECT_FALSE(is_taken(channels[1]));
  // One that ends makes room, as soon as the hub has noticed.
  all.front()->context.TryCancel();
  while (!is_taken(channels[1])) std::this_thread::yield();
  for (const auto& one : all) one->context.TryCancel();
}

TEST_F(StreamsTest, AFullQueueHoldsTheSenderBack) {
  std::atomic<int> calls = 0;
  std::vector<std::uint64_t> taken;
  hub_.AnswerFrames([&](const v1::SubmitRecordsRequest& request)
                        -> absl::StatusOr<v1::SubmitRecordsResponse> {
    if (++calls % 3 != 0) {
      return errors::Error("QUEUE_FULL",
                           {.retry_after = absl::Milliseconds(1)});
    }
    taken.push_back(request.frame_number());
    return FakeHub::Acknowledge(request);
  });
  const auto stub = v1::RegistryService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto stream = stub->SubmitRecords(&context);
  std::thread writer([&] {
    for (std::uint64_t n = 1; n <= 20; ++n) stream->Write(Frame(n));
    stream->WritesDone();
  });
  const auto numbers = ReadAll(*stream);
  EXPECT_TRUE(stream->Finish().ok());
  writer.join();
  EXPECT_EQ(numbers.size(), 20U);
  EXPECT_TRUE(std::ranges::is_sorted(numbers));
  EXPECT_EQ(taken, numbers) << "nothing overtook what had to wait";
  EXPECT_EQ(calls, 60);
}

TEST_F(StreamsTest, AFrameThatCannotBeReadEndsTheStream) {
  hub_.AnswerFrames([](const v1::SubmitRecordsRequest& request)
                        -> absl::StatusOr<v1::SubmitRecordsResponse> {
    if (request.frame_number() == 3) {
      return errors::Error("FRAME_EMPTY", {.field = "frame.updates[0]"});
    }
    return FakeHub::Acknowledge(request);
  });
  const auto stub = v1::RegistryService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto stream = stub->SubmitRecords(&context);
  for (std::uint64_t n = 1; n <= 6 && stream->Write(Frame(n)); ++n) {
  }
  EXPECT_THAT(ReadAll(*stream), ElementsAre(1, 2));
  EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(stream->Finish())),
            "FRAME_EMPTY");
}

TEST_F(StreamsTest, WhichRowIsDamagedIsNotForAgencies) {
  hub_.AnswerFrames([](const v1::SubmitRecordsRequest&)
                        -> absl::StatusOr<v1::SubmitRecordsResponse> {
    return errors::Error("STORE_DAMAGED",
                         {.metadata = {{"table", "record"}, {"row", "17"}}});
  });
  const auto stub = v1::RegistryService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto stream = stub->SubmitRecords(&context);
  stream->Write(Frame(1));
  EXPECT_THAT(ReadAll(*stream), ElementsAre());
  const absl::Status status = errors::FromGrpc(stream->Finish());
  EXPECT_EQ(errors::ReasonOf(status), "STORE_DAMAGED");
  EXPECT_TRUE(errors::MetadataOf(status).empty()) << status;
}

TEST_F(StreamsTest, AClientThatGoesAwayLeavesNothingBehind) {
  const auto stub = v1::RegistryService::NewStub(Connect(pair_));
  std::vector<FakeHub::WaitingFrame> frames;
  {
    grpc::ClientContext context;
    const auto stream = stub->SubmitRecords(&context);
    stream->Write(Frame(1));
    stream->Write(Frame(2));
    frames = hub_.TakeFrames(2);
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
  }
  // The hub answers a stream that is gone; then the server waits for nobody.
  for (auto& frame : frames) frame.done(FakeHub::Acknowledge(frame.request));
  frames.clear();
  server_.reset();
}

// For streams that somebody else shall end: past it the test fails, and does
// not wait for ever.
void GiveUpAfterAMinute(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::minutes(1));
}

TEST_F(StreamsTest, RevocationEndsRunningStreams) {
  const auto channel = Connect(pair_);
  const auto registry = v1::RegistryService::NewStub(channel);
  const auto mailbox = v1::MailboxService::NewStub(channel);
  grpc::ClientContext submit_context;
  GiveUpAfterAMinute(submit_context);
  const auto submit = registry->SubmitRecords(&submit_context);
  submit->Write(Frame(1));
  auto frames = hub_.TakeFrames(1);
  grpc::ClientContext watch_context;
  GiveUpAfterAMinute(watch_context);
  const auto watch = mailbox->Watch(&watch_context, {});
  v1::WatchResponse page;
  ASSERT_TRUE(watch->Read(&page));
  const auto other =
      v1::MailboxService::NewStub(Connect("agency/public_security.341200"));
  grpc::ClientContext other_context;
  const auto other_watch = other->Watch(&other_context, {});
  ASSERT_TRUE(other_watch->Read(&page));

  const absl::Time start = absl::Now();
  hub_.Revoke(Serial());
  EXPECT_FALSE(watch->Read(&page));
  EXPECT_EQ(watch->Finish().error_code(), grpc::CANCELLED);
  EXPECT_THAT(ReadAll(*submit), ElementsAre());
  EXPECT_EQ(submit->Finish().error_code(), grpc::CANCELLED);
  EXPECT_THAT(absl::Now() - start, Lt(absl::Seconds(5)));

  // Nobody else's.
  hub_.Ring("public_security.341200");
  other_context.TryCancel();
  EXPECT_EQ(other_watch->Finish().error_code(), grpc::CANCELLED);
  for (auto& frame : frames) frame.done(FakeHub::Acknowledge(frame.request));
}

TEST_F(StreamsTest, ACertificateThatRunsOutEndsItsStreams) {
  const auto stub = v1::MailboxService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  GiveUpAfterAMinute(context);
  const auto watch = stub->Watch(&context, {});
  v1::WatchResponse page;
  ASSERT_TRUE(watch->Read(&page));
  clock_ahead_ = 25 * 3600;
  EXPECT_FALSE(watch->Read(&page));
  EXPECT_EQ(watch->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(StreamsTest, AWatcherGetsPagesAsTheyCome) {
  hub_.SetPages({Page("t1", 2, false), Page("t2", 1, true), Page("t3", 0, true),
                 Page("t4", 1, true)});
  const auto stub = v1::MailboxService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  v1::WatchRequest request;
  request.set_page_token("t0");
  request.set_page_size(7);
  request.set_purpose(v1::PURPOSE_EMPLOYMENT_SERVICE);
  const auto watch = stub->Watch(&context, request);
  v1::WatchResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.page().last_token(), "t1");
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.page().last_token(), "t2");
  hub_.WaitForPulls(2);
  // What rings without anything to tell is not passed on: that something
  // happened may be what must not be known.
  hub_.Ring("labor.320500");
  hub_.WaitForPulls(3);
  hub_.Ring("labor.320500");
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.page().last_token(), "t4");
  const auto pulls = hub_.WaitForPulls(4);
  EXPECT_EQ(pulls[0].page_token(), "t0");
  EXPECT_EQ(pulls[1].page_token(), "t1");
  EXPECT_EQ(pulls[2].page_token(), "t2");
  EXPECT_EQ(pulls[3].page_token(), "t3");
  for (const v1::PullRequest& pull : pulls) {
    EXPECT_EQ(pull.page_size(), 7);
    EXPECT_EQ(pull.purpose(), v1::PURPOSE_EMPLOYMENT_SERVICE);
  }
  context.TryCancel();
}

v1::WatchNoticesResponse News(const std::string& token, bool at_end = true) {
  v1::WatchNoticesResponse news;
  news.set_page_token(token);
  news.set_at_end(at_end);
  return news;
}

TEST_F(StreamsTest, NoticesComeAsTheyAreWokenFor) {
  hub_.AddNews({News("n1", false), News("n2")});
  const auto stub = v1::NoticeService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto watch = stub->WatchNotices(&context, {});
  v1::WatchNoticesResponse news;
  for (const char* token : {"n1", "n2"}) {
    ASSERT_TRUE(watch->Read(&news));
    EXPECT_EQ(news.page_token(), token);
  }
  // Woken for nothing, then for something.
  hub_.WaitForNoNews(1);
  hub_.WakeForNotices();
  hub_.WaitForNoNews(2);
  hub_.AddNews({News("n3"), errors::Error("AGENCY_NOT_REGISTERED")});
  hub_.WakeForNotices();
  ASSERT_TRUE(watch->Read(&news));
  EXPECT_EQ(news.page_token(), "n3");
  // What the hub will not tell ends the watch.
  EXPECT_FALSE(watch->Read(&news));
  EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(watch->Finish())),
            "AGENCY_NOT_REGISTERED");
}

TEST_F(StreamsTest, AWatchOfNoticesThatCannotBeginEndsAtOnce) {
  const auto stub = v1::NoticeService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  v1::WatchNoticesRequest request;
  request.set_page_token("bad");
  const auto watch = stub->WatchNotices(&context, request);
  v1::WatchNoticesResponse news;
  EXPECT_FALSE(watch->Read(&news));
  EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(watch->Finish())),
            "PAGE_TOKEN_INVALID");
}

TEST_F(StreamsTest, ASlowWatcherOfNoticesHoldsUpNothingElse) {
  constexpr int kResponses = 200;
  for (int i = 0; i < kResponses; ++i) {
    v1::WatchNoticesResponse news = News("n" + std::to_string(i), false);
    news.add_passed_on(std::string(256 << 10, 'n'));
    hub_.AddNews({news});
  }
  const auto stub = v1::NoticeService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto watch = stub->WatchNotices(&context, {});
  EXPECT_TRUE(Call(Connect("agency/public_security.341200")).ok());
  v1::WatchNoticesResponse news;
  for (int i = 0; i < kResponses; ++i) {
    ASSERT_TRUE(watch->Read(&news));
    EXPECT_EQ(news.page_token(), "n" + std::to_string(i));
  }
  context.TryCancel();
}

TEST_F(StreamsTest, AWatcherThatHasReadAllGetsPagesWithTheirChanges) {
  hub_.SetPages({Page("t1", 1, true), Page("t3", 1, true)});
  const auto stub = v1::MailboxService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto watch = stub->Watch(&context, {});
  v1::WatchResponse response;
  ASSERT_TRUE(watch->Read(&response));
  v1::PullResponse prompt = Page("t2", 1, true);
  prompt.mutable_page()->set_first_token("t1");
  hub_.GivePromptly("labor.320500", "t1", prompt);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.page().last_token(), "t2");
  // One that does not follow what was sent is not passed on: it pulls.
  prompt.mutable_page()->set_first_token("t2+");
  hub_.GivePromptly("labor.320500", "t2", prompt);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.page().last_token(), "t3");
  EXPECT_EQ(hub_.WaitForPulls(2)[1].page_token(), "t2");
  context.TryCancel();
}

TEST_F(StreamsTest, AWatcherIsGreetedWithItsFirstPageEvenIfEmpty) {
  const auto stub = v1::MailboxService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto watch = stub->Watch(&context, {});
  v1::WatchResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_TRUE(response.page().at_end());
  EXPECT_EQ(response.page().entries_size(), 0);
  context.TryCancel();
}

// A reader that takes nothing holds up one page at the hub, and what the
// transport buffers.
TEST_F(StreamsTest, ASlowWatcherHoldsUpNothingElse) {
  std::vector<absl::StatusOr<v1::PullResponse>> pages;
  for (int i = 0; i < 200; ++i) {
    v1::PullResponse page = Page("t" + std::to_string(i), 1, i == 199);
    page.mutable_page()->mutable_entries(0)->mutable_view()->set_handle(
        std::string(256 << 10, 'h'));
    pages.emplace_back(std::move(page));
  }
  hub_.SetPages(std::move(pages));
  const auto stub = v1::MailboxService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto watch = stub->Watch(&context, {});
  const auto pulls = hub_.WaitForPulls(1);
  // Another caller is served meanwhile, and the slow one finds all its pages.
  EXPECT_TRUE(Call(Connect("agency/public_security.341200")).ok());
  EXPECT_THAT(hub_.WaitForPulls(1).size(), Lt(150U));
  v1::WatchResponse response;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(watch->Read(&response));
    EXPECT_EQ(response.page().last_token(), "t" + std::to_string(i));
  }
  context.TryCancel();
}

TEST_F(StreamsTest, AWatcherThatTakesNothingForAMinuteLosesItsStream) {
  v1::PullResponse page = Page("t1", 1, true);
  page.mutable_page()->mutable_entries(0)->mutable_view()->set_handle(
      std::string(2 << 20, 'h'));
  hub_.SetPages({page, page});
  // The line holds less than the page, and nobody reads.
  grpc::ChannelArguments narrow;
  narrow.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  narrow.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 16 << 10);
  const auto stub = v1::MailboxService::NewStub(Connect(pair_, narrow));
  grpc::ClientContext context;
  const auto watch = stub->Watch(&context, {});
  hub_.WaitForPulls(1);
  // One that takes its pages is not disturbed, however late it is.
  const auto reader =
      v1::MailboxService::NewStub(Connect("agency/public_security.341200"));
  grpc::ClientContext reader_context;
  const auto reading = reader->Watch(&reader_context, {});
  v1::WatchResponse response;
  ASSERT_TRUE(reading->Read(&response));
  const auto stalled = [&] {
    return runtime::MetricsText(server_->metrics())
               .find("waystation_calls_stalled_total 0") == std::string::npos;
  };
  while (!stalled()) {
    clock_ahead_ += 61;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::CANCELLED);
  hub_.Ring("public_security.341200");
  EXPECT_TRUE(Call(Connect(pair_)).ok());
  reader_context.TryCancel();
  reading->Finish();
  EXPECT_THAT(runtime::MetricsText(server_->metrics()),
              testing::HasSubstr("waystation_calls_stalled_total 1"));
}

TEST_F(StreamsTest, AFailedPageEndsTheWatch) {
  hub_.SetPages({errors::Error("PURPOSE_MISSING", {.field = "purpose"})});
  const auto stub = v1::MailboxService::NewStub(Connect(pair_));
  grpc::ClientContext context;
  const auto watch = stub->Watch(&context, {});
  v1::WatchResponse response;
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(watch->Finish())),
            "PURPOSE_MISSING");
}

TEST_F(StreamsTest, DrainFinishesWhatIsInFlight) {
  const auto channel = Connect(pair_);
  const auto registry = v1::RegistryService::NewStub(channel);
  const auto mailbox = v1::MailboxService::NewStub(channel);
  grpc::ClientContext submit_context;
  const auto submit = registry->SubmitRecords(&submit_context);
  submit->Write(Frame(1));
  submit->Write(Frame(2));
  auto frames = hub_.TakeFrames(2);
  grpc::ClientContext watch_context;
  const auto watch = mailbox->Watch(&watch_context, {});
  v1::WatchResponse page;
  ASSERT_TRUE(watch->Read(&page));

  std::thread drain([&] { server_->Drain(); });
  EXPECT_FALSE(watch->Read(&page));
  EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(watch->Finish())), "DRAINING");
  // The frames are still with the hub; their acknowledgements come first.
  for (auto& frame : frames) frame.done(FakeHub::Acknowledge(frame.request));
  EXPECT_THAT(ReadAll(*submit), ElementsAre(1, 2));
  EXPECT_EQ(errors::ReasonOf(errors::FromGrpc(submit->Finish())), "DRAINING");
  drain.join();
  EXPECT_TRUE(hub_.drained());
  EXPECT_EQ(Call(channel).code(), absl::StatusCode::kUnavailable);
}

// --- calls that tell how far they have come ---

TEST_F(StreamsTest, ALongCallTellsHowFarItHasComeAndThenItsResult) {
  const auto stub = v1::AdminService::NewStub(Connect("operator/wang"));
  grpc::ClientContext context;
  v1::TryRulesRequest request;
  request.set_most_records(2000);
  const auto stream = stub->TryRules(&context, request);
  v1::TryRulesResponse step;
  std::uint64_t last = 0;
  bool has_result = false;
  while (stream->Read(&step)) {
    ASSERT_FALSE(has_result) << "something comes behind the result";
    if (step.has_effect()) {
      has_result = true;
      EXPECT_EQ(step.effect().records(), 2000u);
    } else {
      EXPECT_GE(step.progress().done(), last);
      last = step.progress().done();
    }
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(has_result);
}

TEST_F(StreamsTest, ALongCallEndsWhenItsCallerIsGone) {
  const auto stub = v1::AdminService::NewStub(Connect("operator/wang"));
  auto ended = hub_.trial_ended.get_future();
  grpc::ClientContext context;
  v1::TryRulesRequest request;
  request.set_most_records(std::numeric_limits<std::uint64_t>::max());
  const auto stream = stub->TryRules(&context, request);
  v1::TryRulesResponse step;
  ASSERT_TRUE(stream->Read(&step));
  context.TryCancel();
  ended.get();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace waystation::service
