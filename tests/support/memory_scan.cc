#include "support/memory_scan.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "hawser/base/unique_fd.h"

namespace hawser::test {
namespace {

constexpr std::size_t kNeedleBytes = 16;
constexpr std::size_t kChunkBytes = 1024 * 1024;

// Mapped for one search, so that nothing of it is left: what is read, and the needles as they are.
class Window final {
 public:
  Window()
      : bytes_(static_cast<char*>(
            ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (bytes_ == MAP_FAILED) throw std::runtime_error("no memory to search with");
  }
  ~Window() {
    std::memset(bytes_, 0, kSize);
    ::munmap(bytes_, kSize);
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  char* chunk() { return bytes_; }
  char* needle() { return bytes_ + kChunkBytes; }
  bool holds(std::uint64_t address) const {
    const auto begin = reinterpret_cast<std::uint64_t>(bytes_);
    return address >= begin && address < begin + kSize;
  }

 private:
  static constexpr std::size_t kSize = kChunkBytes + kNeedleBytes;
  char* bytes_;
};

struct Mapping {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string line;
};

std::vector<Mapping> readable_mappings() {
  std::vector<Mapping> mappings;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    std::array<char, 5> rights{};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &mapping.begin, &mapping.end, rights.data()) != 3) continue;
    if (rights[0] != 'r') continue;
    mapping.line = line;
    mappings.push_back(mapping);
  }
  if (mappings.empty()) throw std::runtime_error("/proc/self/maps names no memory");
  return mappings;
}

std::string place(std::uint64_t address, const Mapping& mapping) {
  std::ostringstream text;
  text << " at 0x" << std::hex << address << " in " << mapping.line;
  return text.str();
}

}  // namespace

Needle::Needle(std::string name, std::string_view secret) : name_(std::move(name)) {
  if (secret.size() < kNeedleBytes) throw std::runtime_error("too short to look for: " + name_);
  for (const char c : secret.substr((secret.size() - kNeedleBytes) / 2, kNeedleBytes)) {
    inverted_.push_back(static_cast<char>(~c));
  }
}

void Needle::write_to(char* bytes) const {
  for (const char c : inverted_) *bytes++ = static_cast<char>(~c);
}

std::vector<std::string> find_in_memory(const std::vector<Needle>& needles) {
  std::vector<std::string> found;
  const UniqueFd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  if (!memory.is_open()) throw std::runtime_error("/proc/self/mem can't be read");
  const std::vector<Mapping> mappings = readable_mappings();
  Window window;
  for (const Mapping& mapping : mappings) {
    if (window.holds(mapping.begin)) continue;
    // Chunks overlap by what a needle may reach over an end.
    for (std::uint64_t at = mapping.begin; at < mapping.end; at += kChunkBytes - kNeedleBytes) {
      const std::size_t wanted = std::min<std::uint64_t>(kChunkBytes, mapping.end - at);
      // Some mappings are the kernel's and can't be read here.
      const ssize_t size = ::pread(memory.get(), window.chunk(), wanted, static_cast<off_t>(at));
      if (size <= 0) continue;
      for (const Needle& needle : needles) {
        needle.write_to(window.needle());
        const void* hit =
            ::memmem(window.chunk(), static_cast<std::size_t>(size), window.needle(), needle.size());
        if (hit == nullptr) continue;
        const std::uint64_t address =
            at + static_cast<std::uint64_t>(static_cast<const char*>(hit) - window.chunk());
        if (!window.holds(address)) found.push_back(needle.name() + place(address, mapping));
      }
    }
  }
  return found;
}

}  // namespace hawser::test
