#include "src/tracing/span_line.h"

#include "src/access/code_name.h"
#include "src/logging/json_text.h"

namespace hawser::tracing {
namespace {

using access::CallRecord;
using logging::append_hex;
using logging::append_json_string;

// opentelemetry/proto/trace/v1/trace.proto: Span.SpanKind, Status.StatusCode.
constexpr int kInternal = 1;
constexpr int kServer = 2;
constexpr std::string_view kStatusError = "2";
constexpr std::size_t kMostName = 128;

template <std::size_t kSize>
void append_id(std::string& out, std::string_view name, const std::array<std::uint8_t, kSize>& id) {
  out += ",\"";
  out += name;
  out += "\":\"";
  append_hex(out, {reinterpret_cast<const char*>(id.data()), id.size()});
  out += '"';
}

// A list of attributes, opened and closed with the object.
class Attributes final {
 public:
  explicit Attributes(std::string& out) : out_(out) { out_ += ",\"attributes\":["; }
  ~Attributes() { out_ += ']'; }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  void text(std::string_view name, std::string_view value) {
    begin(name);
    out_ += "\"stringValue\":";
    append_json_string(out_, value, kMostName);
    out_ += "}}";
  }
  void number(std::string_view name, std::int64_t value) {
    begin(name);
    out_ += "\"intValue\":\"" + std::to_string(value) + "\"}}";
  }

 private:
  void begin(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += "{\"key\":\"";
    out_ += name;
    out_ += "\",\"value\":{";
  }

  std::string& out_;
  bool first_ = true;
};

struct Span {
  std::string name;
  int kind;
  SpanId id;
  SpanId parent;
  std::int64_t start_ns;  // since the Unix epoch
  Duration length;
};

void open_span(std::string& out, const SpanIds& ids, const Span& span) {
  out += "{\"name\":";
  append_json_string(out, span.name, kMostName);
  append_id(out, "traceId", ids.trace);
  append_id(out, "spanId", span.id);
  if (span.parent != SpanId{}) append_id(out, "parentSpanId", span.parent);
  out += ",\"kind\":" + std::to_string(span.kind);
  out += ",\"startTimeUnixNano\":\"" + std::to_string(span.start_ns);
  out += "\",\"endTimeUnixNano\":\"" + std::to_string(span.start_ns + span.length.count()) + '"';
}

void add_key(Attributes& attributes, const CallRecord& record) {
  if (record.algorithm) attributes.text("crypto.alg", crypto::facts(*record.algorithm).name);
  if (!record.key_id.empty()) attributes.text("crypto.key_id", record.key_id);
  if (record.key_version != 0) attributes.number("crypto.key_version", record.key_version);
}

// Which codes are the server's failures, and not the caller's (OpenTelemetry, semantic conventions for gRPC).
bool is_failure(int code) {
  switch (code) {
    case 2:   // UNKNOWN
    case 4:   // DEADLINE_EXCEEDED
    case 12:  // UNIMPLEMENTED
    case 13:  // INTERNAL
    case 14:  // UNAVAILABLE
    case 15:  // DATA_LOSS
      return true;
    default:
      return false;
  }
}

void append_call(std::string& out, const CallRecord& record, const SpanIds& ids, std::int64_t start_ns) {
  const std::string name = std::string(record.service) + '/' + std::string(record.method);
  open_span(out, ids, {name, kServer, ids.call, ids.parent, start_ns, record.total});
  {
    Attributes attributes(out);
    attributes.text("rpc.system", "grpc");
    attributes.text("rpc.service", record.service);
    attributes.text("rpc.method", record.method);
    attributes.number("rpc.grpc.status_code", record.code);
    attributes.text("crypto.code", access::name_of_code(record.code));
    if (!record.lane.empty()) attributes.text("crypto.lane", record.lane);
    add_key(attributes, record);
  }
  if (is_failure(record.code)) out += ",\"status\":{\"code\":" + std::string(kStatusError) + '}';
  out += '}';
}

void append_part(std::string& out, const CallRecord& record, const SpanIds& ids, const Span& span) {
  out += ',';
  open_span(out, ids, span);
  {
    Attributes attributes(out);
    attributes.text("crypto.lane", record.lane);
    add_key(attributes, record);
  }
  out += '}';
}

}  // namespace

void append_span_line(std::string& out, const CallRecord& record, const SpanIds& ids) {
  const std::int64_t start_ns = record.unix_us * 1000;
  out +=
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":)"
      R"({"stringValue":"hawser-server"}},{"key":"service.version","value":{"stringValue":")" HAWSER_VERSION
      R"("}}]},"scopeSpans":[{"scope":{"name":"hawser.crypto"},"spans":[)";
  append_call(out, record, ids, start_ns);
  if (!record.lane.empty()) {
    append_part(out, record, ids, {"crypto.queue", kInternal, ids.queue, ids.call, start_ns, record.queue});
  }
  if (record.exec > Duration::zero()) {
    const char* name = record.method == "Verify" ? "crypto.verify" : "crypto.sign";
    append_part(out, record, ids,
                {name, kInternal, ids.exec, ids.call, start_ns + record.queue.count(), record.exec});
  }
  out += "]}]}]}\n";
}

}  // namespace hawser::tracing
