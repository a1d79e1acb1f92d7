/* What torchaudio's wheel asks of CUDA's libraries when it is loaded, as empty functions.

   The wheel is linked to CUDA even where torch is built for CPUs; its CPU kernels call none of
   this. bench/aligners.py loads it so, to measure its forced_align. */

#define ABSENT(name) void name(void) {}

ABSENT(__cudaGetKernel)
ABSENT(__cudaLaunchKernel)
ABSENT(__cudaPopCallConfiguration)
ABSENT(__cudaPushCallConfiguration)
ABSENT(__cudaRegisterFatBinary)
ABSENT(__cudaRegisterFatBinaryEnd)
ABSENT(__cudaRegisterFunction)
ABSENT(__cudaRegisterVar)
ABSENT(__cudaUnregisterFatBinary)
ABSENT(cudaGetLastError)
ABSENT(cudaMemcpyAsync)
ABSENT(cudaMemset)
ABSENT(cudaSetDevice)
ABSENT(aoti_torch_get_current_cuda_stream)
ABSENT(torch_c10_cuda_check_msg)
ABSENT(torch_c10_cuda_free_error_msg)
ABSENT(torch_cuda_stream_synchronize)
ABSENT(torch_get_cuda_stream_from_pool)
ABSENT(torch_set_current_cuda_stream)
