#!/bin/sh
# A recording as subtitles, the times of a text, and a transcript as it is heard.
# Usage: with_curl.sh [server] [audio] [text]
set -eu
here=$(dirname "$0")
server=${1:-http://localhost:8000}
audio=${2:-$here/../he-1.wav}
text=${3:-$here/../he-1.txt}

curl --silent --show-error --fail -F "audio=@$audio" -F format=srt "$server/transcribe"
curl --silent --show-error --fail -F "audio=@$audio" -F "transcript=@$text" -F format=tsv \
    "$server/align"
curl --silent --show-error --fail --no-buffer -F "file=@$audio" -F model=whisper-1 -F stream=true \
    "$server/v1/audio/transcriptions"
