// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/note.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace waystation::auditlog {
namespace {

using ::testing::HasSubstr;

// The example of the documentation of golang.org/x/mod/sumdb/note.
constexpr char kGoText[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr char kGoSigner[] = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr char kGoVerifier[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr char kGoNote[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n";
constexpr char kGoSecondVerifier[] =
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
constexpr char kGoSecondLine[] =
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwn"
    "WLox33WWd1RvMc+QQ=\n";

// A checkpoint of a public log as its witnesses cosigned it: two lines of the
// log itself, one in an algorithm that we do not know, and four of witnesses.
constexpr char kPublicCheckpoint[] =
    "arche2025h1.staging.ct.transparency.dev\n"
    "1432088532\n"
    "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
    "\n"
    "— arche2025h1.staging.ct.transparency.dev "
    "zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIp"
    "wtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
    "— arche2025h1.staging.ct.transparency.dev "
    "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/"
    "27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
    "— transparency.dev/DEV:witness-little-garden "
    "2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/"
    "KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n"
    "— witness1.smartit.nu/witness1 "
    "pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/"
    "iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n"
    "— remora.n621.de "
    "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/"
    "KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
    "— witness.stagemole.eu Z/"
    "euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/"
    "2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n";
constexpr char kPublicLog[] =
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+"
    "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
constexpr std::string_view kPublicWitnesses[] = {
    "witness.stagemole.eu+67f7aea0+"
    "BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
    "transparency.dev/DEV:witness-little-garden+d8042a87+"
    "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+"
    "BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"};

Ed25519PrivateKey Key(char seed) {
  return *Ed25519PrivateKey::FromSeed(std::string(32, seed));
}

NoteSigner Signer(std::string_view name, char seed,
                  NoteAlgorithm algorithm = NoteAlgorithm::kEd25519) {
  return *NoteSigner::Create(name, Key(seed), algorithm);
}

Note Parsed(std::string_view bytes) {
  const auto note = ParseNote(bytes);
  EXPECT_TRUE(note.ok()) << note.status();
  return note.ok() ? *note : Note();
}

TEST(Note, GoExampleIsMadeAndRead) {
  const auto seed = FromBase64(kGoSigner);
  ASSERT_EQ((*seed)[0], 1);
  const auto signer = NoteSigner::Create(
      "PeterNeumann", *Ed25519PrivateKey::FromSeed(seed->substr(1)));
  EXPECT_EQ(signer->verifier().ToString(), kGoVerifier);
  const Note made{.text = kGoText,
                  .signatures = {signer->Sign(kGoText, absl::UnixEpoch())}};
  EXPECT_EQ(FormatNote(made), kGoNote);

  const Note read = Parsed(kGoNote);
  EXPECT_EQ(read, made);
  EXPECT_TRUE(NoteVerifier::Parse(kGoVerifier)->Verify(read).ok());
}

TEST(Note, GoExampleOfTwoSigners) {
  const auto first = NoteVerifier::Parse(kGoVerifier);
  const auto second = NoteVerifier::Parse(kGoSecondVerifier);
  const std::string bytes = std::string(kGoNote) + kGoSecondLine;
  const Note note = Parsed(bytes);
  ASSERT_EQ(note.signatures.size(), 2u);
  EXPECT_TRUE(first->Verify(note).ok());
  EXPECT_TRUE(second->Verify(note).ok());
  EXPECT_EQ(FormatNote(note), bytes);

  // The order of the signature lines says nothing.
  Note reordered = note;
  std::swap(reordered.signatures[0], reordered.signatures[1]);
  EXPECT_EQ(Parsed(FormatNote(reordered)), reordered);
  EXPECT_TRUE(first->Verify(reordered).ok());
  EXPECT_TRUE(second->Verify(reordered).ok());

  EXPECT_TRUE(absl::IsNotFound(second->Verify(Parsed(kGoNote))));
}

TEST(Note, RefusesAChangedText) {
  const auto verifier = NoteVerifier::Parse(kGoVerifier);
  const Note note = Parsed(kGoNote);
  for (std::size_t i = 0; i < note.text.size(); ++i) {
    Note changed = note;
    changed.text[i] = changed.text[i] == 'x' ? 'y' : 'x';
    EXPECT_TRUE(absl::IsUnauthenticated(verifier->Verify(changed)));
  }
  // Reordered lines are another text.
  Note reordered = note;
  const std::size_t first = note.text.find('\n') + 1;
  reordered.text = note.text.substr(first) + note.text.substr(0, first);
  EXPECT_TRUE(absl::IsUnauthenticated(verifier->Verify(reordered)));
}

TEST(Note, WrongKeysAreToldApart) {
  const Note note = Parsed(kGoNote);
  // Another key under the same name has another hash, so it did not sign.
  EXPECT_TRUE(
      absl::IsNotFound(Signer("PeterNeumann", 'a').verifier().Verify(note)));
  // A line that claims a key's hash and was not made by it.
  Note forged = note;
  forged.signatures[0].bytes = Key('a').Sign(note.text);
  const auto verifier = NoteVerifier::Parse(kGoVerifier);
  EXPECT_TRUE(absl::IsUnauthenticated(verifier->Verify(forged)));
  // Cutting the signature short does not make it unknown either.
  forged.signatures[0].bytes.pop_back();
  EXPECT_TRUE(absl::IsUnauthenticated(verifier->Verify(forged)));
}

TEST(ParseNote, RefusesWhatIsNotANote) {
  const std::string line = "— EnochRoot rwz+eBzmZa0=\n";
  const struct {
    std::string_view name;
    std::string bytes;
  } cases[] = {
      {"empty", ""},
      {"no signature block", "text\n"},
      {"no signature", "text\n\n"},
      {"no empty line", "text\n" + line},
      {"no text", "\n" + line},
      {"cut last line", "text\n\n" + line.substr(0, line.size() - 1)},
      {"hyphen for em dash", "text\n\n- EnochRoot rwz+eBzmZa0=\n"},
      {"no name", "text\n\n—  rwz+eBzmZa0=\n"},
      {"name only", "text\n\n— EnochRoot\n"},
      {"no base64", "text\n\n— EnochRoot ***\n"},
      {"base64 without padding", "text\n\n— EnochRoot rwz+eBzmZa0\n"},
      {"key hash only", "text\n\n— EnochRoot rwz+eA==\n"},
      {"plus in name", "text\n\n— Enoch+Root rwz+eBzmZa0=\n"},
      {"space in name", "text\n\n— Enoch Root rwz+eBzmZa0=\n"},
      {"wide space in name", "text\n\n— Enoch　Root rwz+eBzmZa0=\n"},
      {"text after signatures", "text\n\n" + line + "more\n"},
      {"carriage returns", "text\r\n\r\n" + line},
      {"tab", "te\txt\n\n" + line},
      {"NUL", std::string("te\0xt\n\n", 7) + line},
      {"not UTF-8", "te\xffxt\n\n" + line},
      {"overlong UTF-8", "te\xc0\xafxt\n\n" + line},
      {"surrogate", "te\xed\xa0\x80xt\n\n" + line},
      {"cut UTF-8", "te\xe4\xb8\n\n" + line},
      {"too long", std::string(1'000'000, 'x') + "\n\n" + line},
  };
  for (const auto& [name, bytes] : cases) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(absl::IsInvalidArgument(ParseNote(bytes).status()));
  }
  std::string many = "text\n\n";
  for (int i = 0; i < 100; ++i) many += line;
  EXPECT_TRUE(ParseNote(many).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(ParseNote(many + line).status()));
}

TEST(ParseNote, TextMayHoldEmptyLinesAndChinese) {
  const NoteSigner signer = Signer("hub.example/流动人口", 'k');
  const std::string text = "第一段\n\n第二段\n";
  const Note note = Parsed(FormatNote(
      {.text = text, .signatures = {signer.Sign(text, absl::UnixEpoch())}}));
  EXPECT_EQ(note.text, text);
  EXPECT_TRUE(signer.verifier().Verify(note).ok());
}

TEST(NoteVerifier, RefusesMalformedKeys) {
  for (const std::string_view text :
       {"", "PeterNeumann", "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanN+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+AhAA",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(NoteVerifier::Parse(text).status()))
        << text;
  }
  for (const std::string_view name : {"", "a b", "a+b", "a\nb", "a\xff"}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(NoteSigner::Create(name, Key('k')).status()));
  }
}

TEST(NoteVerifier, GoesThroughItsText) {
  for (const std::string_view text :
       {std::string_view(kGoVerifier), std::string_view(kPublicLog),
        kPublicWitnesses[0],
        // The base64 of this one holds a plus sign.
        std::string_view("TEST+7997405c+"
                         "AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6")}) {
    const auto verifier = NoteVerifier::Parse(text);
    ASSERT_TRUE(verifier.ok()) << text << ": " << verifier.status();
    EXPECT_EQ(verifier->ToString(), text);
  }
}

TEST(Checkpoint, OfAPublicLogIsOpened) {
  const auto log = NoteVerifier::Parse(kPublicLog);
  const auto checkpoint = OpenCheckpoint(kPublicCheckpoint, *log);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "arche2025h1.staging.ct.transparency.dev");
  EXPECT_EQ(checkpoint->size, 1432088532u);
  EXPECT_EQ(ToBase64(checkpoint->root),
            "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=");

  const Note note = Parsed(kPublicCheckpoint);
  EXPECT_EQ(FormatNote(note), kPublicCheckpoint);
  for (const std::string_view text : kPublicWitnesses) {
    const auto witness = NoteVerifier::Parse(text);
    ASSERT_TRUE(witness.ok()) << witness.status();
    EXPECT_TRUE(witness->Verify(note).ok()) << text;
    EXPECT_EQ(*witness->CosignedAt(note), absl::FromUnixSeconds(0x6a122120));
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(log->CosignedAt(note).status()));
}

Checkpoint Example() {
  return {.origin = "hub.example/log/1",
          .size = 20852163,
          .root = Sha256("root"),
          .extensions = {}};
}

TEST(Checkpoint, HasOneForm) {
  Checkpoint checkpoint = Example();
  EXPECT_EQ(FormatCheckpoint(checkpoint),
            "hub.example/log/1\n20852163\n" + ToBase64(checkpoint.root) + "\n");
  checkpoint.extensions = {"epoch 2", "第二行"};
  const std::string text = FormatCheckpoint(checkpoint);
  EXPECT_THAT(text, HasSubstr("\nepoch 2\n第二行\n"));
  EXPECT_EQ(*ParseCheckpoint(text), checkpoint);
}

TEST(ParseCheckpoint, RefusesWhatIsNotOne) {
  const std::string root = ToBase64(Sha256("root"));
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("origin\n1\n"),
        "origin\n1\n" + root, "\n1\n" + root + "\n",
        "origin\n01\n" + root + "\n", "origin\n-1\n" + root + "\n",
        "origin\n+1\n" + root + "\n", "origin\n 1\n" + root + "\n",
        "origin\n\n" + root + "\n",
        "origin\n18446744073709551616\n" + root + "\n",
        "origin\n1\n" + root.substr(4) + "\n", "origin\n1\n" + root + " \n",
        "origin\n1\n" + root + "\n\n", "origin\n1\n" + root + "\n\nextension\n",
        "origin\n" + root + "\n1\n"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseCheckpoint(text).status()))
        << text;
  }
}

TEST(OpenCheckpoint, ChecksSignerAndOrigin) {
  const NoteSigner signer = Signer("hub.example/log/1", 'k');
  const std::string note = SignCheckpoint(Example(), signer);
  EXPECT_EQ(*OpenCheckpoint(note, signer.verifier()), Example());

  // Another key under the log's name.
  EXPECT_TRUE(absl::IsNotFound(
      OpenCheckpoint(note, Signer("hub.example/log/1", 'x').verifier())
          .status()));
  // Another log.
  EXPECT_TRUE(absl::IsFailedPrecondition(
      OpenCheckpoint(note, Signer("hub.example/log/2", 'k').verifier())
          .status()));
  // The key of one log under the text of another.
  Checkpoint foreign = Example();
  foreign.origin = "hub.example/log/2";
  EXPECT_TRUE(absl::IsFailedPrecondition(
      OpenCheckpoint(SignCheckpoint(foreign, signer), signer.verifier())
          .status()));
  // A size changed after signing.
  std::string changed = note;
  changed.replace(changed.find("20852163"), 8, "20852164");
  EXPECT_TRUE(absl::IsUnauthenticated(
      OpenCheckpoint(changed, signer.verifier()).status()));
  // A note that is signed and is not a checkpoint.
  const std::string text = "hello\n";
  EXPECT_TRUE(absl::IsInvalidArgument(
      OpenCheckpoint(
          FormatNote({.text = text,
                      .signatures = {signer.Sign(text, absl::UnixEpoch())}}),
          signer.verifier())
          .status()));
}

TEST(Cosignature, TellsItsTimeAndNoneThatCannotBe) {
  for (const auto& line : Parsed(kPublicCheckpoint).signatures) {
    const bool is_witness =
        line.name != "arche2025h1.staging.ct.transparency.dev";
    const auto time = CosignatureTime(line);
    ASSERT_EQ(time.has_value(), is_witness) << line.name;
    if (!is_witness) continue;
    EXPECT_EQ(*time, absl::FromUnixSeconds(0x6a122120));
  }
  // tlog-cosignature: a timestamp must not exceed 2^63 - 1.
  NoteSignature line{.name = "w", .key_hash = 1, .bytes = std::string(72, 0)};
  EXPECT_EQ(CosignatureTime(line), absl::UnixEpoch());
  line.bytes[0] = '\x80';
  EXPECT_FALSE(CosignatureTime(line).has_value());
  line.bytes.pop_back();
  EXPECT_FALSE(CosignatureTime(line).has_value());
}

TEST(Cosignature, StandsBesideTheLogsSignature) {
  const NoteSigner log = Signer("hub.example/log/1", 'k');
  const NoteSigner witness =
      Signer("labor.320500", 'w', NoteAlgorithm::kCosignatureV1);
  const absl::Time now = absl::FromUnixSeconds(1'767'225'600);
  Note note = Parsed(SignCheckpoint(Example(), log));
  note.signatures.push_back(witness.Sign(note.text, now));
  const std::string bytes = FormatNote(note);

  EXPECT_EQ(*OpenCheckpoint(bytes, log.verifier()), Example());
  const Note read = Parsed(bytes);
  EXPECT_TRUE(witness.verifier().Verify(read).ok());
  EXPECT_EQ(*witness.verifier().CosignedAt(read), now);

  // The time is under the signature.
  Note later = read;
  later.signatures[1].bytes[7] ^= 1;
  EXPECT_TRUE(absl::IsUnauthenticated(witness.verifier().Verify(later)));
  EXPECT_TRUE(
      absl::IsUnauthenticated(witness.verifier().CosignedAt(later).status()));
  later.signatures[1].bytes = "short";
  EXPECT_TRUE(absl::IsUnauthenticated(witness.verifier().Verify(later)));

  // A witness's key used as a log's signs something else.
  const NoteSigner as_log = Signer("labor.320500", 'w');
  EXPECT_NE(as_log.verifier().key_hash(), witness.verifier().key_hash());
  EXPECT_TRUE(absl::IsNotFound(as_log.verifier().Verify(read)));
}

}  // namespace
}  // namespace waystation::auditlog
