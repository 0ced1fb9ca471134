#include "tools/signing/signing.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tools/signing/signing_input.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using tools::Flags;
using tools::FlagSpec;

constexpr FlagSpec kFlags[] = {{.name = "algorithm", .value_name = "NAME"},
                               tools::kKeyIdFlag,
                               tools::kKeyVersionFlag,
                               tools::kTextFlag,
                               tools::kDigestFlag,
                               tools::kPrehashFlag};
constexpr tools::ArgumentSpec kArguments[] = {tools::kInputArgument};

Flags flags(std::vector<const char*> args) {
  return Flags::parse("test", "", kFlags, args, kArguments).value();
}

Result<tools::SigningInput> input(std::vector<const char*> args, Algorithm algorithm) {
  const auto hasher = crypto::Hasher::create();
  REQUIRE(hasher);
  return tools::read_signing_input(flags(std::move(args)), algorithm, *hasher);
}

TEST_CASE("signing: every algorithm by its name in the contract, and as flags are written") {
  for (std::size_t i = 0; i < crypto::kAlgorithms; ++i) {
    const auto algorithm = static_cast<Algorithm>(i);
    const std::string name = ::crypto::SigningAlgorithm_Name(tools::on_wire(algorithm));
    CAPTURE(name);
    CHECK(tools::algorithm_by_name(name).value() == algorithm);
    std::string dashed = name;
    for (char& c : dashed) c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
    CHECK(tools::algorithm_by_name(dashed).value() == algorithm);
  }
  CHECK(tools::algorithm_by_name("ed25519").value() == Algorithm::kEd25519);
  const auto unknown = tools::algorithm_by_name("rsa");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().detail.find("rsa-pss-sha512") != std::string::npos);
}

TEST_CASE("signing: the kind of key of an algorithm") {
  CHECK(tools::key_type_of(Algorithm::kRsaPkcs1Sha256) == ::crypto::RSA);
  CHECK(tools::key_type_of(Algorithm::kRsaPssSha512) == ::crypto::RSA);
  CHECK(tools::key_type_of(Algorithm::kEcdsaP384Sha256) == ::crypto::ECC);
  CHECK(tools::key_type_of(Algorithm::kEd25519) == ::crypto::ED25519);
}

TEST_CASE("signing: versions are numbers from 1") {
  const auto key = tools::read_key_choice(flags({"--key-id=a", "--key-version=7"}));
  REQUIRE(key);
  CHECK(key->id == "a");
  CHECK(key->version == 7);
  CHECK_FALSE(key->algorithm);
  for (const char* version : {"--key-version=0", "--key-version=4294967296", "--key-version=x"}) {
    CHECK_FALSE(tools::read_key_choice(flags({version})));
  }
}

TEST_CASE("signing: a digest that is given and one that is made here are the same") {
  const char* abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2
  const std::string flag = std::string("--digest=") + abc;
  const auto given = input({flag.c_str()}, Algorithm::kEcdsaP256Sha256);
  const auto made = input({"--text=abc", "--prehash"}, Algorithm::kEcdsaP256Sha256);
  REQUIRE(given);
  REQUIRE(made);
  CHECK(given->is_digest);
  CHECK(given->bytes == made->bytes);
}

TEST_CASE("signing: input that contradicts itself or the algorithm is a usage error") {
  const std::vector<std::vector<const char*>> wrong = {
      {"--text=a", "file"}, {"--digest=00", "--text=a"}, {"--digest=00"}, {"--digest=0"}, {"/no/such/file"}};
  for (const auto& args : wrong) {
    CAPTURE(args.front());
    const auto read = input(args, Algorithm::kRsaPssSha256);
    REQUIRE_FALSE(read);
    CHECK(read.error().scope == ErrorScope::kUsage);
  }
  CHECK_FALSE(input({"--text=a", "--prehash"}, Algorithm::kEd25519));
  CHECK(input({"--text=a"}, Algorithm::kEd25519)->bytes == "a");
}

TEST_CASE("signing: a reply of another key or version can't be trusted") {
  ::crypto::SignResponse response;
  response.set_key_id("a");
  response.set_key_version(2);
  CHECK(tools::check_key({}, response));
  CHECK(tools::check_key({.id = "a", .version = 2}, response));
  CHECK_FALSE(tools::check_key({.id = "b"}, response));
  CHECK_FALSE(tools::check_key({.version = 1}, response));
}

}  // namespace
}  // namespace hawser::test
