# SPDX-License-Identifier: Apache-2.0
# The C++ client library as a package: find_package(waystation) gives
# waystation::client. Headers lie in a folder of their own, since some are
# spelled from the root of this repository; the libraries are static.
include(CMakePackageConfigHelpers)
set(client_headers ${CMAKE_INSTALL_INCLUDEDIR}/waystation-client)
set(client_package ${CMAKE_INSTALL_LIBDIR}/cmake/waystation)
set(client_targets client_library proto_services proto_messages proto_codes
  proto_auditlog proto_errors proto_errors_grpc proto_openssl waystation_flags)
set_target_properties(client_library PROPERTIES EXPORT_NAME client)
install(TARGETS ${client_targets} EXPORT waystation
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/waystation
  INCLUDES DESTINATION ${client_headers})
install(EXPORT waystation NAMESPACE waystation:: FILE waystation-targets.cmake
  DESTINATION ${client_package})
install(DIRECTORY client/library/include/waystation
  DESTINATION ${client_headers})
install(DIRECTORY proto/auditlog proto/errors
  DESTINATION ${client_headers}/proto FILES_MATCHING PATTERN "*.h")
foreach(folder waystation/v1 waystation/config waystation/report google/rpc)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/gen/${folder}/
    DESTINATION ${client_headers}/${folder} FILES_MATCHING PATTERN "*.pb.h")
endforeach()
configure_package_config_file(cmake/waystation-config.cmake.in
  ${CMAKE_BINARY_DIR}/waystation-config.cmake
  INSTALL_DESTINATION ${client_package})
# Until a first release promises more.
write_basic_package_version_file(
  ${CMAKE_BINARY_DIR}/waystation-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/waystation-config.cmake
  ${CMAKE_BINARY_DIR}/waystation-config-version.cmake
  DESTINATION ${client_package})
