# cluster.sh -- a Slurm cluster of two nodes on this host, in a private folder. Source it, then:
# cluster_start FOLDER; slurm COMMAND...; cluster_stop. It uses nothing of the system's own
# Slurm or munge, and needs no root, control groups or accounting.
# shellcheck shell=bash

declare -A daemon=() # name -> process

# Clients, daemons and jobs have the private configuration in their environment, but this shell
# does not: cluster_stop finds by it the processes that are left.
slurm() { SLURM_CONF=$cluster/slurm.conf "$@"; }

# Prints three TCP ports on which nobody listens, below the range of outgoing connections. They
# may be taken before the daemons have them: cluster_start then tries others.
cluster_ports() {
  local port n=0
  for port in $(shuf -i 20000-32000 -n 60); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    echo "$port"
    n=$((n + 1))
    [ "$n" -lt 3 ] || return 0
  done
  return 1
}

# Each node claims one core, whatever this machine has. cred_expire is also the time that a
# requeued job waits; 5 is the minimum. AuthInfo must name the socket last.
cluster_write_conf() { # CONTROLLER_PORT NODE1_PORT NODE2_PORT
  local user host
  user=$(id -un) host=$(hostname -s)
  cat >"$cluster/slurm.conf" <<END
ClusterName=posbench_test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$1
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$cluster/munge.socket,cred_expire=5
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
SlurmdTimeout=6
BatchStartTimeout=1
KillWait=30
ReturnToService=2
JobRequeue=1
NodeName=DEFAULT CPUs=1 RealMemory=4000
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$2
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$3
PartitionName=all Nodes=node1,node2 Default=YES MaxTime=60 State=UP
END
}

# until_true SECONDS COMMAND...: waits until the command succeeds; until_limit is the limit of
# all waiting together.
until_limit=400
until_true() {
  local end=$((SECONDS + $1))
  [ "$end" -lt "$until_limit" ] || end=$until_limit
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.3
  done
}

# A daemon ends together with this shell, even when the shell is killed.
cluster_daemon() { # NAME COMMAND...
  local name=$1
  shift
  SLURM_CONF=$cluster/slurm.conf setpriv --pdeathsig TERM "$@" \
    >>"$cluster/$name.out" 2>&1 </dev/null &
  daemon[$name]=$!
  disown "$!" # or the shell would report its end
}

# end_processes PID...: kills them and waits until they are gone.
end_processes() {
  [ $# -gt 0 ] || return 0
  kill -KILL "$@" 2>/dev/null || true
  for _ in {1..50}; do
    ! all_gone "$@" || return 0
    sleep 0.1
  done
}

all_gone() {
  local pid
  for pid in "$@"; do
    ! grep -qs '^State:.[^ZX]' "/proc/$pid/status" || return 1
  done
}

cluster_start_node() { # NODE
  mkdir -p "$cluster/$1"
  cluster_daemon "$1" "$(command -v slurmd)" -D -f "$cluster/slurm.conf" -N "$1"
}

# Clients try for a long time when nobody answers.
controller_answers() { timeout 3 env SLURM_CONF="$cluster/slurm.conf" scontrol ping; }

nodes_idle() { [ "$(slurm sinfo -h -N -o %t | sort -u)" = idle ]; }

cluster_try() {
  local ports
  rm -rf "$cluster"
  mkdir -m 755 "$cluster" "$cluster/state"
  mapfile -t ports < <(cluster_ports)
  [ "${#ports[@]}" = 3 ] || return 1
  cluster_write_conf "${ports[@]}"
  (umask 077 && head -c 1024 /dev/urandom >"$cluster/munge.key")
  cluster_daemon munged "$(command -v munged)" -F --num-threads=2 \
    --key-file="$cluster/munge.key" --socket="$cluster/munge.socket" \
    --pid-file="$cluster/munged.pid" --seed-file="$cluster/munged.seed"
  until_true 20 test -S "$cluster/munge.socket" || return 1
  cluster_daemon slurmctld "$(command -v slurmctld)" -D -f "$cluster/slurm.conf"
  until_true 20 controller_answers || return 1
  cluster_start_node node1
  cluster_start_node node2
  until_true 40 nodes_idle
}

cluster_start() { # FOLDER
  cluster=$1
  cluster_try && return 0
  cluster_stop
  cluster_try
}

# Prints those of the files $2... that have the NUL-ended line $1; an environment that cannot be
# read belongs to somebody else.
having() { grep -lzxE "$@" 2>/dev/null || true; }

# Prints the files with the environment of the cluster's processes: daemons, jobs, clients.
cluster_environments() { having "SLURM_CONF=$cluster/slurm.conf" /proc/[0-9]*/environ; }

# Prints the processes of the jobs on a node.
node_job_processes() { # NODE
  local found
  mapfile -t found < <(cluster_environments)
  having "SLURMD_NODENAME=$1" ${found[@]+"${found[@]}"} </dev/null | cut -d / -f 3
}

# Prints the parents of these processes that are step daemons of Slurm.
step_daemons() { # PID...
  local pid parent
  for pid in "$@"; do
    parent=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")
    grep -q '^Name:.slurmstepd' "/proc/$parent/status" && echo "$parent"
  done 2>/dev/null | sort -u
  return 0
}

# Kills a node's daemons and all its jobs' processes at once, as a loss of power does.
cluster_cut_power() { # NODE
  local jobs steps
  mapfile -t jobs < <(node_job_processes "$1")
  mapfile -t steps < <(step_daemons ${jobs[@]+"${jobs[@]}"})
  end_processes "${daemon[$1]}" ${steps[@]+"${steps[@]}"} ${jobs[@]+"${jobs[@]}"}
  unset "daemon[$1]"
}

# Ends everything twice, to catch what was being started meanwhile.
cluster_stop() {
  local found
  for _ in 1 2; do
    mapfile -t found < <(cluster_environments | cut -d / -f 3)
    end_processes ${found[@]+"${found[@]}"}
  done
  daemon=()
}
