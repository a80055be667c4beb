# SPDX-License-Identifier: Apache-2.0
# cmake --install: programs, their Chinese, units, alert rules, and what a site
# starts from. See docs/operators.md.
include(GNUInstallDirs)
set(share ${CMAKE_INSTALL_DATADIR}/waystation)
install(TARGETS waystationd waystation-adapter wayctl
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_BINARY_DIR}/share/locale/zh_CN/LC_MESSAGES/waystation.mo
  DESTINATION ${CMAKE_INSTALL_LOCALEDIR}/zh_CN/LC_MESSAGES)
# Where systemd looks, whatever the library folder of the architecture.
install(FILES deploy/systemd/waystationd.service
  deploy/systemd/waystation-adapter@.service
  DESTINATION lib/systemd/system)
install(FILES deploy/systemd/waystation.conf DESTINATION lib/sysusers.d)
install(DIRECTORY deploy/agreements deploy/calendars deploy/ceiling
  deploy/deadlines deploy/patroni deploy/rules deploy/services deploy/prometheus
  DESTINATION ${share} USE_SOURCE_PERMISSIONS)
file(GLOB mappings CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
  ${CMAKE_SOURCE_DIR}/adapters/*/mapping*.yaml
  ${CMAKE_SOURCE_DIR}/adapters/other_sectors/*.yaml)
foreach(mapping ${mappings})
  get_filename_component(folder ${mapping} DIRECTORY)
  install(FILES ${mapping} DESTINATION ${share}/${folder})
endforeach()
install(DIRECTORY proto/waystation/v1 DESTINATION ${share}/proto/waystation
  FILES_MATCHING PATTERN "*.proto")
install(FILES docs/operators.md docs/joining.md docs/audit-export.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES adapters/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
  RENAME adapters.md)
include(cmake/client_package.cmake)
