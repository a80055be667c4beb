#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles through ccache with paths made relative to the checkout, so that two
# checkouts (and two build folders of one) share what they compiled.
CCACHE_BASEDIR=$(cd "$(dirname "$0")/.." && pwd)
CCACHE_NOHASHDIR=1
CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
CCACHE_MAXSIZE=10G
export CCACHE_BASEDIR CCACHE_NOHASHDIR CCACHE_SLOPPINESS CCACHE_MAXSIZE
exec ccache "$@"
