// SPDX-License-Identifier: Apache-2.0
// As messages.h, for files that know our services too.
#include <grpcpp/grpcpp.h>

#include "cmake/precompiled/messages.h"
#include "waystation/v1/admin_service.grpc.pb.h"
#include "waystation/v1/audit_service.grpc.pb.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"
#include "waystation/v1/reconciliation_service.grpc.pb.h"
#include "waystation/v1/registry_service.grpc.pb.h"
