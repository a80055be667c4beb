// SPDX-License-Identifier: Apache-2.0
// The adapter of one agency: reads what its system exports, sends what changed
// to the hub, and puts what the mailbox brings where the system imports it.
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "adapters/commerce/sector.h"
#include "adapters/framework/adapter.h"
#include "adapters/framework/report_text.h"
#include "adapters/framework/setup.h"
#include "adapters/health/sector.h"
#include "adapters/labor/sector.h"
#include "adapters/other_sectors/other_sectors.h"
#include "adapters/public_security/sector.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "proto/language/command_line.h"
#include "proto/language/language.h"
#include "proto/runtime/log.h"
#include "proto/runtime/service_manager.h"
#include "proto/runtime/signals.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace {

namespace adapters = waystation::adapters;
namespace errors = waystation::errors;
namespace language = waystation::language;
namespace report = waystation::report::v1;
namespace runtime = waystation::runtime;
using errors::Exit;
using language::Say;

constexpr int kInterrupted = 130;

struct Arguments {
  std::string config;
  std::string output = "text";
  std::string reason;
  double patience = 10;
  std::optional<int> within;
  bool quiet = false;
};

// JSON is the report as it is, but where a terminal would obey it.
std::string SafeLines(const std::string& text) {
  const auto append_safe = [](std::string* out, absl::string_view line) {
    out->append(waystation::codes::DisplaySafe({line.data(), line.size()}));
  };
  return absl::StrJoin(absl::StrSplit(text, '\n'), "\n", append_safe);
}

// One run of the program.
class Program {
 public:
  Program(const adapters::Sector& sector, const Arguments& arguments)
      : sector_(sector), arguments_(arguments) {}

  // Opens the adapter and does one thing with it, which returns the exit code.
  int With(bool read_only, const std::function<int(adapters::Adapter&)>& act) {
    auto setup = adapters::LoadSetup(arguments_.config, sector_);
    if (!setup.ok()) return Fail(setup.status());
    log_level_ = setup->config.log_level();
    auto adapter =
        adapters::Adapter::Open(*std::move(setup),
                                {.progress = !arguments_.quiet,
                                 .patience = absl::Seconds(arguments_.patience),
                                 .clock = [] { return absl::Now(); }},
                                read_only);
    if (!adapter.ok()) return Fail(adapter.status());
    const int code = UntilSignal(**adapter, act);
    return stopped_ && code != 0 ? kInterrupted : code;
  }

  // Prints what `result` holds and exits as it asks for.
  template <typename Report>
  int Finish(const absl::StatusOr<Report>& result) {
    if (!result.ok()) return Fail(result.status());
    Print(*result);
    return static_cast<int>(adapters::ExitOf(*result));
  }

  template <typename Report>
  void Print(const Report& result) {
    std::string out;
    if (arguments_.output == "json") {
      google::protobuf::util::JsonPrintOptions options;
      options.add_whitespace = true;
      options.preserve_proto_field_names = true;
      (void)google::protobuf::util::MessageToJsonString(result, &out, options);
      if (isatty(STDOUT_FILENO) == 1) out = SafeLines(out);
    } else {
      out = adapters::Text(result);
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }

  int Fail(const absl::Status& status) const {
    if (absl::IsCancelled(status)) return kInterrupted;
    const std::string text = adapters::Text(status);
    std::fwrite(text.data(), 1, text.size(), stderr);
    return static_cast<int>(errors::ReasonRowOf(status).exit);
  }

  int Once(adapters::Adapter& adapter) {
    report::RunReport result;
    const absl::Status done = adapter.Once(result);
    Print(result);
    return done.ok() ? static_cast<int>(adapters::ExitOf(result)) : Fail(done);
  }

  int Run(adapters::Adapter& adapter) {
    const runtime::Log log({.level = runtime::LogLevelFromName(log_level_)
                                         .value_or(runtime::LogLevel::kInfo),
                            .words = language::Translated});
    const absl::Status ended = adapter.Run(log);
    // Being told to stop is how a service ends well.
    return absl::IsCancelled(ended) ? 0 : Fail(ended);
  }

 private:
  // Signals end what goes on in good order; a second one at once.
  int UntilSignal(adapters::Adapter& adapter,
                  const std::function<int(adapters::Adapter&)>& act) {
    std::thread watch([&] {
      const runtime::ServiceManager manager;
      manager.Ready();
      for (;;) {
        const auto event = signals_.Wait(manager.alive_every());
        manager.Alive();
        if (!event) continue;
        if (*event == runtime::Signals::Event::kWoken) return;
        if (*event != runtime::Signals::Event::kStop) continue;
        manager.Stopping();
        signals_.Release();
        stopped_ = true;
        adapter.Stop();
        return;
      }
    });
    const int code = act(adapter);
    signals_.Wake();
    watch.join();
    return code;
  }

  const adapters::Sector& sector_;
  const Arguments& arguments_;
  std::string log_level_;
  runtime::Signals signals_;
  std::atomic<bool> stopped_ = false;
};

// The commands that every sector has.
class Commands {
 public:
  Commands(CLI::App& app, const adapters::Sector& sector, int& exit_code)
      : sector_(sector), exit_code_(exit_code) {
    language::SpeakIn(app, Say("COMMAND"));
    app.require_subcommand(1);
    app.add_option("-c,--config", arguments_.config,
                   Say("Configuration file (schema: "
                       "proto/waystation/config/v1/adapter.proto)"))
        ->required();
    // The last one counts, so that a script's choice can be overruled.
    app.add_option("-o,--output", arguments_.output, Say("text or json"))
        ->take_last()
        ->check(CLI::IsMember({"text", "json"}));
    language::AddLanguage(app);
    app.add_option("--patience", arguments_.patience,
                   Say("Seconds for which the hub may be away (10)"))
        ->check(CLI::NonNegativeNumber);
    app.add_flag("-q,--quiet", arguments_.quiet, Say("No progress on stderr"));

    Add(app, "run",
        Say("Take exports and watch the mailbox until told to stop"), false,
        [](Program& program, adapters::Adapter& adapter) {
          return program.Run(adapter);
        });
    Add(app, "once", Say("Take what is there, send, read the mailbox, end"),
        false, [](Program& program, adapters::Adapter& adapter) {
          return program.Once(adapter);
        });
    Add(app, "check",
        Say("Show what would be sent, dropped and rejected; write nothing"),
        true, [](Program& program, adapters::Adapter& adapter) {
          return program.Finish(adapter.Check());
        });
    AddQuarantine(app);
    AddOutbox(app);
    AddWitness(app);
    AddCert(app);
  }

 private:
  using Act = std::function<int(Program&, adapters::Adapter&)>;

  CLI::App* Add(CLI::App& parent, const std::string& name,
                const std::string& help, bool read_only, Act act) {
    CLI::App* command = parent.add_subcommand(name, help);
    language::SpeakIn(*command, {});
    command->fallthrough();
    command->callback([this, read_only, act = std::move(act)] {
      Program program(sector_, arguments_);
      exit_code_ = program.With(read_only, [&](adapters::Adapter& adapter) {
        return act(program, adapter);
      });
    });
    return command;
  }

  void AddQuarantine(CLI::App& app) {
    CLI::App& noun = *app.add_subcommand(
        "quarantine", Say("Rows that could not be taken, or not whole"));
    language::SpeakIn(noun, Say("COMMAND"));
    noun.require_subcommand(1)->fallthrough();
    Add(noun, "list", Say("Where each row stood and which rule it breaks"),
        true, [](Program& program, adapters::Adapter& adapter) {
          return program.Finish(adapter.ListQuarantine());
        });
    Add(noun, "replay", Say("Take the rows that were mended in the file"),
        false, [](Program& program, adapters::Adapter& adapter) {
          return program.Finish(adapter.ReplayQuarantine());
        });
  }

  void AddOutbox(CLI::App& app) {
    CLI::App& noun =
        *app.add_subcommand("outbox", Say("Updates that wait for the hub"));
    language::SpeakIn(noun, Say("COMMAND"));
    noun.require_subcommand(1)->fallthrough();
    const auto show = [](Program& program, adapters::Adapter& adapter) {
      const auto outbox = adapter.DescribeOutbox();
      if (!outbox.ok()) return program.Fail(outbox.status());
      program.Print(*outbox);
      return 0;
    };
    const auto pause = [show](bool paused) {
      return [show, paused](Program& program, adapters::Adapter& adapter) {
        const absl::Status done = adapter.PauseOutbox(paused);
        return done.ok() ? show(program, adapter) : program.Fail(done);
      };
    };
    Add(noun, "list", Say("How much waits, and since when"), true, show);
    Add(noun, "pause", Say("Send nothing until resumed; reading goes on"),
        false, pause(true));
    Add(noun, "resume", Say("Send again"), false, pause(false));
    CLI::App* drop =
        Add(noun, "drop",
            Say("Empty it without sending; rows are sent when they come again"),
            false, [this, show](Program& program, adapters::Adapter& adapter) {
              const auto dropped = adapter.Drop(arguments_.reason);
              return dropped.ok() ? show(program, adapter)
                                  : program.Fail(dropped.status());
            });
    drop->add_option("--reason", arguments_.reason,
                     Say("Why, kept in the state folder"))
        ->required();
  }

  void AddWitness(CLI::App& app) {
    CLI::App& noun = *app.add_subcommand(
        "witness", Say("What it knows of the hub's audit log, as its witness"));
    noun.require_subcommand(1)->fallthrough();
    language::SpeakIn(noun, Say("COMMAND"));
    const auto show = [](Program& program, adapters::Adapter& adapter) {
      return program.Finish(adapter.DescribeWitness());
    };
    Add(noun, "show",
        Say("The last checkpoint, the key to register, evidence that was kept"),
        true, show);
    CLI::App* resume = Add(
        noun, "resume",
        Say("Send and read again after a finding, once somebody has ruled"),
        false, [this, show](Program& program, adapters::Adapter& adapter) {
          const absl::Status done = adapter.ResumeWitness(arguments_.reason);
          return done.ok() ? show(program, adapter) : program.Fail(done);
        });
    resume
        ->add_option("--reason", arguments_.reason,
                     Say("Who ruled and why, kept in the state folder"))
        ->required();
  }

  void AddCert(CLI::App& app) {
    CLI::App& noun = *app.add_subcommand(
        "cert", Say("The agency's certificate, with which it calls the hub"));
    noun.require_subcommand(1)->fallthrough();
    language::SpeakIn(noun, Say("COMMAND"));
    Add(noun, "show",
        Say("Whose it is and when it ends; exit code 3 if that is soon"), true,
        [](Program& program, adapters::Adapter& adapter) {
          return program.Finish(adapter.DescribeCertificate());
        });
    CLI::App* renew =
        Add(noun, "renew",
            Say("Replace it and its key by new ones, which the hub signs"),
            true, [this](Program& program, adapters::Adapter& adapter) {
              std::optional<absl::Duration> within;
              if (arguments_.within) {
                within = absl::Hours(24) * *arguments_.within;
              }
              return program.Finish(adapter.RenewCertificate(within));
            });
    renew
        ->add_option("--within", arguments_.within,
                     Say("Days; nothing is done if it lasts longer"))
        ->check(CLI::NonNegativeNumber);
  }

  const adapters::Sector& sector_;
  int& exit_code_;
  Arguments arguments_;
};

}  // namespace

int main(int argc, char** argv) {
  language::Use(language::Choose(argc, argv), language::LocaleFolder());
  CLI::App app{
      Say("Connects one agency's system to the exchange: what it exports goes "
          "to the hub, what the hub tells the agency goes where the system "
          "imports."),
      "waystation-adapter"};
  language::SpeakIn(app, Say("SECTOR"));
  language::AddLanguage(app);
  app.require_subcommand(1);
  app.footer(
      Say("Exit codes: 0 done, 1 failed, 2 usage, 3 done with findings, 4 not "
          "allowed,\n5 changed by someone else, 6 not found, 7 hub unreachable "
          "(what waits is kept), 130 interrupted."));
  int exit_code = 0;
  std::vector<const adapters::Sector*> sectors = {
      &adapters::PublicSecurity(), &adapters::Labor(), &adapters::Health(),
      &adapters::Commerce()};
  for (const adapters::Sector& other : adapters::OtherSectors()) {
    sectors.push_back(&other);
  }
  std::vector<std::unique_ptr<Commands>> commands;
  for (const adapters::Sector* sector : sectors) {
    CLI::App* sub =
        app.add_subcommand(std::string(sector->name),
                           Say("The adapter of an agency of this sector"));
    commands.push_back(std::make_unique<Commands>(*sub, *sector, exit_code));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return language::ReportUsage(app, error);
  }
  return exit_code;
}
