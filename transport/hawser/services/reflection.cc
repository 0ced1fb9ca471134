#include "hawser/services/reflection.h"

#include <optional>
#include <utility>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "hawser/binding/service_binding.h"
#include "hawser/server/server.h"
#include "hawser/services/reflection_answers.h"

namespace hawser::services {
namespace {

// One stream: a request, its answer, and again.
template <class Request, class Response>
class Stream final : public ::grpc::ServerBidiReactor<Request, Response> {
 public:
  explicit Stream(const ReflectionAnswers<Request, Response>& answers) : answers_(answers) {
    this->StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return this->Finish(::grpc::Status::OK);
    answers_.answer(request_, sent_, response_);
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return this->Finish(::grpc::Status::CANCELLED);
    this->StartRead(&request_);
  }
  void OnDone() override { delete this; }  // lint: allow delete: reactors own themselves, as grpc++ has it

 private:
  const ReflectionAnswers<Request, Response>& answers_;
  Request request_;
  Response response_;
  SentFiles sent_;
};

template <class Service, class Request, class Response>
class Handler final : public Service::CallbackService {
 public:
  explicit Handler(const server::Server& server) : server_(server) {}

  ::grpc::ServerBidiReactor<Request, Response>* ServerReflectionInfo(
      ::grpc::CallbackServerContext*) override {
    return std::make_unique<Stream<Request, Response>>(answers_).release();  // until its OnDone
  }

  Result<void> add_to(server::Server& server) {
    return binding::ServiceBinding<Service, Handler>(*this)
        .callback_bidi("ServerReflectionInfo", &Handler::ServerReflectionInfo)
        .add_to(server);
  }

 private:
  const server::Server& server_;
  ReflectionAnswers<Request, Response> answers_{*google::protobuf::DescriptorPool::generated_pool(),
                                                [this] { return server_.services(); }};
};

}  // namespace

class ReflectionService::Handlers final {
 public:
  explicit Handlers(const server::Server& server) : v1_(server), v1alpha_(server) {}
  Result<void> add_to(server::Server& server) {
    if (auto added = v1_.add_to(server); !added) return added;
    return v1alpha_.add_to(server);
  }

 private:
  Handler<::grpc::reflection::v1::ServerReflection, ::grpc::reflection::v1::ServerReflectionRequest,
          ::grpc::reflection::v1::ServerReflectionResponse>
      v1_;
  Handler<::grpc::reflection::v1alpha::ServerReflection, ::grpc::reflection::v1alpha::ServerReflectionRequest,
          ::grpc::reflection::v1alpha::ServerReflectionResponse>
      v1alpha_;
};

ReflectionService::ReflectionService(const server::Server& server)
    : handlers_(std::make_unique<Handlers>(server)) {}
ReflectionService::~ReflectionService() = default;

Result<void> ReflectionService::add_to(server::Server& server) { return handlers_->add_to(server); }

}  // namespace hawser::services
