// SPDX-License-Identifier: Apache-2.0
#include "server/service/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <mutex>
#include <set>
#include <utility>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace waystation::service {
namespace {

namespace pb = google::protobuf;

// The two versions differ in nothing but their package.
struct V1 {
  using Service = grpc::reflection::v1::ServerReflection::CallbackService;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};
struct V1Alpha {
  using Service = grpc::reflection::v1alpha::ServerReflection::CallbackService;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

template <typename Response>
void NotFound(Response& response) {
  response.mutable_error_response()->set_error_code(grpc::NOT_FOUND);
  response.mutable_error_response()->set_error_message("Not found");
}

// The file and all that it imports, the file first.
template <typename Response>
void AddFile(const pb::FileDescriptor& file, std::set<std::string>& added,
             Response& response) {
  if (!added.insert(file.name()).second) return;
  pb::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(
      proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFile(*file.dependency(i), added, response);
  }
}

template <typename Response>
void AnswerFile(const pb::FileDescriptor* file, Response& response) {
  std::set<std::string> added;
  if (file == nullptr) return NotFound(response);
  AddFile(*file, added, response);
}

template <typename Request, typename Response>
void Answer(const Request& request, const std::vector<std::string>& services,
            Response& response) {
  const pb::DescriptorPool& pool = *pb::DescriptorPool::generated_pool();
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      return AnswerFile(pool.FindFileByName(request.file_by_filename()),
                        response);
    case Request::kFileContainingSymbol:
      return AnswerFile(
          pool.FindFileContainingSymbol(request.file_containing_symbol()),
          response);
    case Request::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const pb::Descriptor* const type =
          pool.FindMessageTypeByName(wanted.containing_type());
      const pb::FieldDescriptor* const extension =
          type == nullptr
              ? nullptr
              : pool.FindExtensionByNumber(type, wanted.extension_number());
      return AnswerFile(extension == nullptr ? nullptr : extension->file(),
                        response);
    }
    case Request::kAllExtensionNumbersOfType: {
      const pb::Descriptor* const type =
          pool.FindMessageTypeByName(request.all_extension_numbers_of_type());
      if (type == nullptr) return NotFound(response);
      auto& numbers = *response.mutable_all_extension_numbers_response();
      numbers.set_base_type_name(type->full_name());
      std::vector<const pb::FieldDescriptor*> extensions;
      pool.FindAllExtensions(type, &extensions);
      for (const pb::FieldDescriptor* extension : extensions) {
        numbers.add_extension_number(extension->number());
      }
      return;
    }
    case Request::kListServices:
      for (const std::string& service : services) {
        response.mutable_list_services_response()->add_service()->set_name(
            service);
      }
      return;
    case Request::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(grpc::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message("Nothing was asked");
      return;
  }
}

// One question at a time: the next is read when the answer is out.
template <typename Version>
class Stream final
    : public grpc::ServerBidiReactor<typename Version::Request,
                                     typename Version::Response> {
 public:
  Stream(Desk& desk, grpc::CallbackServerContext& context,
         const std::vector<std::string>& services)
      : context_(context), visit_(desk.Visited(context)), services_(services) {
    desk.Introduce(context, visit_);
    this->StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    visit_.Explain(request_.ByteSizeLong());
    response_.Clear();
    Answer(request_, services_, response_);
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return End();
    this->StartRead(&request_);
  }
  void OnCancel() override { End(); }
  void OnDone() override {
    visit_.End(context_.IsCancelled());
    delete this;
  }

 private:
  void End() {
    std::call_once(ended_, [this] { this->Finish(grpc::Status::OK); });
  }

  grpc::CallbackServerContext& context_;
  Visit visit_;
  const std::vector<std::string>& services_;
  typename Version::Request request_;
  typename Version::Response response_;
  std::once_flag ended_;
};

template <typename Version>
class Reflection final : public Version::Service {
 public:
  Reflection(Desk& desk, std::vector<std::string> services)
      : desk_(desk), services_(std::move(services)) {}

  grpc::ServerBidiReactor<typename Version::Request,
                          typename Version::Response>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override {
    return new Stream<Version>(desk_, *context, services_);
  }

 private:
  Desk& desk_;
  const std::vector<std::string> services_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeReflectionServices(
    Desk& desk, std::vector<std::string> services) {
  services.emplace_back("grpc.health.v1.Health");
  services.emplace_back("grpc.reflection.v1.ServerReflection");
  services.emplace_back("grpc.reflection.v1alpha.ServerReflection");
  std::vector<std::unique_ptr<grpc::Service>> made;
  made.push_back(std::make_unique<Reflection<V1>>(desk, services));
  made.push_back(std::make_unique<Reflection<V1Alpha>>(desk, services));
  return made;
}

}  // namespace waystation::service
