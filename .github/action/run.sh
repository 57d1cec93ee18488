#!/usr/bin/env bash
# run.sh is what action.yml runs: it puts gate on PATH for this step and later ones, and runs one of its commands.
#
# Inputs arrive as environment variables, those that are flags of gate as GATE_FLAG_NAME, the others as
# GATE_ACTION_NAME; what action.yml does not declare is no input. None is ever evaluated: each becomes one argument,
# whatever is in it. What is missing or unknown ends the step with exit code 2, as in gate itself. It must run under the
# bash 3.2 of macOS.
set -euo pipefail

# fail WHAT [HINT]: values in WHAT are quoted by the caller, so that no line of it is a command to the runner.
fail() {
  printf 'gate: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  %s\n' "$2" >&2
  exit 2
}

# need VARIABLE...: variables that the runner sets.
need() {
  local name
  for name; do
    [ -n "${!name:-}" ] || fail "$name is not set" 'this is a step of a GitHub workflow, and works in one only'
  done
}

# declared are the inputs of action.yml that are flags of gate.
declared="ADOPT ARTIFACT COMPONENT FORK FROM_LEDGER GITHUB HOLD LEDGER MAX_AGE NAME OF OFFLINE OWNER PARALLEL
  POLICY POLICY_REF REASON RECORD REVISION ROLLBACK STATUS TO UNTIL WAIT"

# only_declared leaves out each GATE_FLAG_NAME that is none of them. A step's environment has what any step before it has
# written to GITHUB_ENV.
only_declared() {
  local variable
  for variable in "${!GATE_FLAG_@}"; do
    case " $declared " in
    *[[:space:]]"${variable#GATE_FLAG_}"[[:space:]]*) ;;
    *)
      printf 'gate: %s is no input of the action, and is left out\n' "$variable" >&2
      unset "$variable"
      ;;
    esac
  done
}

# not_given is the default of the input "revision" in action.yml: no revision has such a name, and none can.
not_given='left out'

# check_inputs looks at what gate itself cannot see, or would take for something that was left out on purpose.
check_inputs() {
  case $command in
  check | begin | record | deploy | hold | resume | doctor) ;;
  '') fail 'the input "command" is missing' 'one of check, begin, record, deploy, hold, resume, doctor' ;;
  *) fail "$(printf 'there is no command %q' "$command")" 'one of check, begin, record, deploy, hold, resume, doctor' ;;
  esac
  [ -n "$GATE_FLAG_REVISION" ] || fail 'the input "revision" is empty' 'a workflow that has none leaves the input out'
  [ "$GATE_FLAG_REVISION" != "$not_given" ] || GATE_FLAG_REVISION=''
  [ "$command" = record ] || [ -z "$kind" ] || fail 'the input "kind" goes with the command record'
  if [ "$command" = deploy ]; then
    [ -n "$run" ] || fail 'the input "run" is missing' 'it is the script that deploys'
  else
    [ -z "$run" ] || fail 'the input "run" goes with the command deploy'
  fi
  if reads_hosts; then
    [ -n "$known_hosts" ] || fail 'the input "known-hosts" is missing' \
      'it is a file with the keys of the hosts; no other key is trusted (ssh-keyscan prints keys; compare them on the hosts)'
    [ -s "$known_hosts" ] || fail "$(printf 'known-hosts: there is no file %q, or nothing is in it' "$known_hosts")"
  fi
}

reads_hosts() {
  case $command:$kind in
  check:*) [ "$GATE_FLAG_FROM_LEDGER" != true ] && ! judges_pull_request ;;
  record:failed | record:revoked | record:built | record:note | hold:* | resume:* | doctor:*) return 1 ;;
  esac
}

# judges_pull_request: in a workflow that runs for a pull request, check is about that.
judges_pull_request() {
  case $command:${GITHUB_EVENT_NAME:-} in
  check:pull_request | check:pull_request_target) ;;
  *) return 1 ;;
  esac
}

# without_keys COMMAND...: what gets gate needs none of its keys.
without_keys() (
  unset GATE_SSH_KEY GATE_SSH_PASSPHRASE GATE_DIGEST_KEY GATE_LEDGER_KEY GITHUB_TOKEN
  "$@"
)

# install_gate puts the program into the folder $bin.
install_gate() {
  mkdir -p "$bin"
  case $mode in
  release) install_release ;;
  path) install_path ;;
  source) install_source ;;
  *) fail "$(printf 'there is no mode %q' "$mode")" 'one of release, path, source' ;;
  esac
  PATH=$bin:$PATH
  printf '%s\n' "$bin" >>"$GITHUB_PATH"
}

install_path() {
  [ -n "$path" ] || fail 'the input "path" is missing' 'with mode: path it names the program'
  if [ ! -f "$path" ] || [ ! -x "$path" ]; then
    fail "$(printf 'path: there is no program %q' "$path")"
  fi
  [ "$path" -ef "$bin/gate" ] || ln -sf "$(cd "$(dirname -- "$path")" && pwd)/$(basename -- "$path")" "$bin/gate"
}

install_source() {
  command -v go >/dev/null || fail 'mode: source needs go, and there is none on PATH' 'run actions/setup-go before, or use mode: path'
  [ ! -L "$bin/gate" ] || rm "$bin/gate"
  (
    cd "$GITHUB_ACTION_PATH"
    CGO_ENABLED=0 GOWORK=off without_keys go build -trimpath -buildvcs=false -o "$bin/gate" ./cmd/gate
  ) || fail 'gate could not be built'
}

# install_release downloads the program that this commit of the action pins, and takes no other bytes.
install_release() {
  local pins=$GITHUB_ACTION_PATH/.github/action/SHA256SUMS platform pin name version
  [ -s "$pins" ] || fail 'this commit of the action has no release yet' 'mode: source builds it with go; mode: path takes a program that is there'
  platform=$(platform)
  pin=$(grep -E "^[0-9a-f]{64}  gate-v[0-9][0-9A-Za-z.+]*-$platform\$" "$pins") || fail "there is no release for $platform" 'mode: source builds it with go'
  name=${pin#*  }
  version=${name#gate-}
  version=${version%-"$platform"}
  without_keys curl --fail --silent --show-error --location --retry 3 --connect-timeout 20 --max-time 300 \
    --output "$bin/download" --url "$download_url/$version/$name" || fail "$name could not be downloaded" 'nothing was run'
  [ "$(sha256 "$bin/download")" = "${pin%% *}" ] || {
    rm -f "$bin/download"
    fail "$name is not what this commit of the action pins: its SHA-256 is another one, or there is no sha256sum or shasum" 'nothing was run'
  }
  chmod 755 "$bin/download"
  mv -f "$bin/download" "$bin/gate"
}

platform() {
  local system machine
  case $(uname -s) in Linux) system=linux ;; Darwin) system=darwin ;; *) system=$(uname -s) ;; esac
  case $(uname -m) in x86_64 | amd64) machine=amd64 ;; aarch64 | arm64) machine=arm64 ;; *) machine=$(uname -m) ;; esac
  printf '%s-%s' "$system" "$machine"
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null; then
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  fi
}

# add_flags adds each input that is not empty to the arguments. gate refuses those that the command does not have.
add_flags() {
  local variable name
  for variable in "${!GATE_FLAG_@}"; do
    if [ -n "${!variable}" ]; then
      name=$(tr 'A-Z_' 'a-z-' <<<"${variable#GATE_FLAG_}")
      arguments+=("--$name=${!variable}")
    fi
    unset "$variable"
  done
}

need GITHUB_ACTION_PATH GITHUB_ENV GITHUB_OUTPUT GITHUB_PATH RUNNER_TEMP
bin=$RUNNER_TEMP/gate-bin
command=$GATE_ACTION_COMMAND mode=$GATE_ACTION_MODE path=$GATE_ACTION_PATH download_url=$GATE_ACTION_DOWNLOAD_URL
known_hosts=$GATE_ACTION_KNOWN_HOSTS kind=$GATE_ACTION_KIND run=$GATE_ACTION_RUN
unset "${!GATE_ACTION_@}" GATE_KNOWN_HOSTS
only_declared
check_inputs
install_gate

# shellcheck disable=SC2034 # add_flags finds them by the beginning of their names
if judges_pull_request; then
  GATE_FLAG_PULL_REQUEST=true
  : "${GATE_FLAG_GITHUB:=summary,annotations,outputs,comment}"
elif [ "$command" = check ]; then
  GATE_FLAG_FORK='' # one workflow may run for other events as well
fi
deployments=${GITHUB_TOKEN:+,deployments}
case $command in
check) : "${GATE_FLAG_GITHUB:=summary,annotations,outputs}" ;;
begin | deploy) : "${GATE_FLAG_GITHUB:=summary,annotations,outputs$deployments}" ;;
record) : "${GATE_FLAG_GITHUB:=summary,outputs$deployments}" ;;
doctor) : "${GATE_FLAG_GITHUB:=summary,annotations}" ;;
esac
[ -z "$known_hosts" ] || export GATE_KNOWN_HOSTS=$known_hosts
arguments=("$command")
add_flags
[ -z "$kind" ] || arguments+=(-- "$kind")
[ -z "$run" ] || arguments+=(-- bash --noprofile --norc -eo pipefail -c "$run")

# gate takes the place of this shell, and gets the signals by which a job is cancelled.
exec "$bin/gate" "${arguments[@]}"
