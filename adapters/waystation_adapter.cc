// SPDX-License-Identifier: Apache-2.0
// The adapter of one agency: reads what its system exports, sends what changed
// to the hub, and puts what the mailbox brings where the system imports it.
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/clock.h"
#include "adapters/commerce/sector.h"
#include "adapters/framework/adapter.h"
#include "adapters/framework/report_text.h"
#include "adapters/framework/setup.h"
#include "adapters/health/sector.h"
#include "adapters/help_words.h"
#include "adapters/labor/sector.h"
#include "adapters/other_sectors/other_sectors.h"
#include "adapters/public_security/sector.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "proto/runtime/log.h"
#include "proto/runtime/service_manager.h"
#include "proto/runtime/signals.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace {

namespace adapters = waystation::adapters;
namespace errors = waystation::errors;
namespace report = waystation::report::v1;
namespace runtime = waystation::runtime;
using errors::Exit;

constexpr int kInterrupted = 130;

struct Arguments {
  std::string config;
  std::string output = "text";
  std::string language;  // checked only: ChooseLanguage has read it
  std::string reason;
  double patience = 10;
  bool quiet = false;
};

// One run of the program.
class Program {
 public:
  Program(const adapters::Sector& sector, const Arguments& arguments,
          errors::Language language)
      : sector_(sector), arguments_(arguments), language_(language) {}

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
    } else {
      out = adapters::Text(result, language_);
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }

  int Fail(const absl::Status& status) const {
    if (absl::IsCancelled(status)) return kInterrupted;
    const std::string text = adapters::Text(status, language_);
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
                                         .value_or(runtime::LogLevel::kInfo)});
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
  errors::Language language_;
  std::string log_level_;
  runtime::Signals signals_;
  std::atomic<bool> stopped_ = false;
};

// The commands that every sector has.
class Commands {
 public:
  Commands(CLI::App& app, const adapters::Sector& sector,
           const adapters::HelpWords& say, int& exit_code)
      : sector_(sector), say_(say), exit_code_(exit_code) {
    say.Use(app);
    app.require_subcommand(1);
    app.add_option("-c,--config", arguments_.config,
                   say("Configuration file (schema: "
                       "proto/waystation/config/v1/adapter.proto)",
                       "配置文件（格式见 "
                       "proto/waystation/config/v1/adapter.proto）"))
        ->required();
    // The last one counts, so that a script's choice can be overruled.
    app.add_option("-o,--output", arguments_.output,
                   say("text or json", "text 或 json"))
        ->take_last()
        ->check(CLI::IsMember({"text", "json"}));
    app.add_option("--lang", arguments_.language,
                   say("zh or en; the locale's unless given",
                       "zh 或 en；默认随系统语言"))
        ->take_last()
        ->check(CLI::IsMember({"zh", "en"}));
    app.add_option("--patience", arguments_.patience,
                   say("Seconds for which the hub may be away (10)",
                       "枢纽无法连接时等待的秒数（10）"))
        ->check(CLI::NonNegativeNumber);
    app.add_flag("-q,--quiet", arguments_.quiet,
                 say("No progress on stderr", "不在标准错误上显示进度"));

    Add(app, "run",
        say("Take exports and watch the mailbox until told to stop",
            "读取导出文件并接收信箱，直至收到停止信号"),
        false, [](Program& program, adapters::Adapter& adapter) {
          return program.Run(adapter);
        });
    Add(app, "once",
        say("Take what is there, send, read the mailbox, end",
            "读取现有文件、发送、收取信箱后结束"),
        false, [](Program& program, adapters::Adapter& adapter) {
          return program.Once(adapter);
        });
    Add(app, "check",
        say("Show what would be sent, dropped and rejected; write nothing",
            "显示将发送、丢弃、拒绝的内容，不写入任何内容"),
        true, [](Program& program, adapters::Adapter& adapter) {
          return program.Finish(adapter.Check());
        });
    AddQuarantine(app);
    AddOutbox(app);
    AddWitness(app);
  }

 private:
  using Act = std::function<int(Program&, adapters::Adapter&)>;

  CLI::App* Add(CLI::App& parent, const std::string& name,
                const std::string& help, bool read_only, Act act) {
    CLI::App* command = parent.add_subcommand(name, help);
    say_.Use(*command);
    command->fallthrough();
    command->callback([this, read_only, act = std::move(act)] {
      Program program(sector_, arguments_, say_.language());
      exit_code_ = program.With(read_only, [&](adapters::Adapter& adapter) {
        return act(program, adapter);
      });
    });
    return command;
  }

  void AddQuarantine(CLI::App& app) {
    CLI::App& noun = *app.add_subcommand(
        "quarantine", say_("Rows that could not be taken, or not whole",
                           "未能接收或接收不完整的行"));
    say_.Use(noun);
    noun.require_subcommand(1)->fallthrough();
    Add(noun, "list",
        say_("Where each row stood and which rule it breaks",
             "各行的出处与所违反的规则"),
        true, [](Program& program, adapters::Adapter& adapter) {
          return program.Finish(adapter.ListQuarantine());
        });
    Add(noun, "replay",
        say_("Take the rows that were mended in the file",
             "接收在文件中更正过的行"),
        false, [](Program& program, adapters::Adapter& adapter) {
          return program.Finish(adapter.ReplayQuarantine());
        });
  }

  void AddOutbox(CLI::App& app) {
    CLI::App& noun = *app.add_subcommand(
        "outbox", say_("Updates that wait for the hub", "等待发往枢纽的更新"));
    say_.Use(noun);
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
    Add(noun, "list",
        say_("How much waits, and since when", "等待的数量与最早时间"), true,
        show);
    Add(noun, "pause",
        say_("Send nothing until resumed; reading goes on",
             "暂停发送直至恢复，仍继续读取"),
        false, pause(true));
    Add(noun, "resume", say_("Send again", "恢复发送"), false, pause(false));
    CLI::App* drop =
        Add(noun, "drop",
            say_("Empty it without sending; rows are sent when they come again",
                 "清空而不发送；再次读到这些行时会重新发送"),
            false, [this, show](Program& program, adapters::Adapter& adapter) {
              const auto dropped = adapter.Drop(arguments_.reason);
              return dropped.ok() ? show(program, adapter)
                                  : program.Fail(dropped.status());
            });
    drop->add_option(
            "--reason", arguments_.reason,
            say_("Why, kept in the state folder", "原因，记入状态目录"))
        ->required();
  }

  void AddWitness(CLI::App& app) {
    CLI::App& noun = *app.add_subcommand(
        "witness", say_("What it knows of the hub's audit log, as its witness",
                        "作为见证方，所知的枢纽审计日志情况"));
    noun.require_subcommand(1)->fallthrough();
    say_.Use(noun);
    const auto show = [](Program& program, adapters::Adapter& adapter) {
      return program.Finish(adapter.DescribeWitness());
    };
    Add(noun, "show",
        say_("The last checkpoint, the key to register, evidence that was kept",
             "最近的检查点、应登记的密钥与所保留的证据"),
        true, show);
    CLI::App* resume = Add(
        noun, "resume",
        say_("Send and read again after a finding, once somebody has ruled",
             "发现问题并经裁定后，恢复收发"),
        false, [this, show](Program& program, adapters::Adapter& adapter) {
          const absl::Status done = adapter.ResumeWitness(arguments_.reason);
          return done.ok() ? show(program, adapter) : program.Fail(done);
        });
    resume
        ->add_option("--reason", arguments_.reason,
                     say_("Who ruled and why, kept in the state folder",
                          "由谁裁定及原因，记入状态目录"))
        ->required();
  }

  const adapters::Sector& sector_;
  const adapters::HelpWords& say_;
  int& exit_code_;
  Arguments arguments_;
};

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "");
  const adapters::HelpWords say(adapters::ChooseLanguage(argc, argv));
  CLI::App app{
      say("Connects one agency's system to the exchange: what it exports goes "
          "to the hub, what the hub tells the agency goes where the system "
          "imports.",
          "将一个机构的系统接入交换：其导出内容送往枢纽，枢纽告知的内容写入供该"
          "系统导入的文件。"),
      "waystation-adapter"};
  say.Use(app);
  app.require_subcommand(1);
  app.footer(
      say("Exit codes: 0 done, 1 failed, 2 usage, 3 done with findings, 4 not "
          "allowed,\n5 changed by someone else, 6 not found, 7 hub unreachable "
          "(what waits is kept), 130 interrupted.",
          "退出码：0 完成，1 失败，2 用法错误，3 完成但有发现，4 不允许，\n5 "
          "被他人占用或更改，6 未找到，7 枢纽无法连接（等待的内容保留），130 "
          "被中断。"));
  int exit_code = 0;
  std::vector<const adapters::Sector*> sectors = {
      &adapters::PublicSecurity(), &adapters::Labor(), &adapters::Health(),
      &adapters::Commerce()};
  for (const adapters::Sector& other : adapters::OtherSectors()) {
    sectors.push_back(&other);
  }
  std::vector<std::unique_ptr<Commands>> commands;
  for (const adapters::Sector* sector : sectors) {
    CLI::App* sub = app.add_subcommand(
        std::string(sector->name),
        say("The adapter of an agency of this sector", "该部门机构的适配器"));
    commands.push_back(
        std::make_unique<Commands>(*sub, *sector, say, exit_code));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(Exit::kUsage);
  }
  return exit_code;
}
