/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hand_over.pml: the hand-over of a card in the running system, as a model for spin(1). tests/model/check
 * runs it. claim.pml is the model of a boot, with the kernel's locks and time limits.
 *
 * One card with two functions, which the host's drivers have, a service that has the card open, and the
 * user's hooks. A process of vfio-early can be killed before each of its writes, KILLS times in all, and
 * FAULTS steps may fail: a hook, a driver that does not let go, a probe.
 * A comment "hand_over.pml: NAME" in early/ marks the code of NAME below.
 *
 *   (nothing)       claim CARD and release CARD by hand; the boot's bind; the timer's recover
 *   -DLIBVIRT       the hooks of two domains that have the card; the timer's recover
 *   -DMIXED         claim CARD and release CARD by hand; the hooks of one domain; the timer's recover
 *   -DMISTAKE_…     a deliberate mistake: check lists them
 *   -DUNCHECKED_LOCK  without the property `exclusive`, to find what else a missing lock violates
 *
 * Properties
 *   one_owner  A claim succeeds for a domain only if the card has no other owner, and the owner keeps
 *              it until its own hook or the user releases it, or no guest uses it. Until then, no other
 *              process gives its functions to the host, not even one that completes what a killed process began.
 *   exclusive  A process that writes to a function, a service or the hand-over file has the lock.
 *   whole      When all processes have ended, by themselves or killed, the next complete `recover` leaves
 *              the card either with the host or claimed, completely. With the host: its drivers have both
 *              functions, no override is set, the record lets no later bind take it, the service runs, and
 *              `failed` or `after-release` has undone each `before-claim`. Claimed: vfio-pci has both.
 *   ends       No process waits forever.
 *
 * What the model leaves out
 *   - What claim.pml has: the kernel's locks and late writes, functions that leave the bus.
 *   - Time. The timer may find a card unused for long enough at any moment when no guest uses it.
 *   - Consoles and framebuffers, which are bound again before the services start; more than one service or
 *     card; a service that starts by itself; a full /run, or a machine without systemd.
 *   - Hooks of a release: they undo nothing. A domain whose end libvirt does not report.
 */

#if defined(LIBVIRT)
#define KILLS 1
#define FAULTS 0
#elif defined(MIXED)
#define KILLS 1
#define FAULTS 1
#else
#define KILLS 2
#define FAULTS 2
#endif

#define DISPLAY 0
#define AUDIO 1
#define BOTH(step) step(AUDIO); step(DISPLAY)

/* Owners. */
#define NOBODY 0
#define HAND 1
#define DOMAIN_A 2
#define DOMAIN_B 3
#define TIMER 4
#define is_domain(who) (who == DOMAIN_A || who == DOMAIN_B)

mtype = { none, host, vfio };                                 /* a driver, or an override */
mtype = { absent, intended, reserved, bound, held, released };
mtype = { claiming, claimed, releasing };                     /* the phase of a hand-over; 0: no hand-over */

/* The kernel and the rest of the machine. */
mtype driver[2] = host;
mtype override[2] = none;
byte used_by;                   /* the guest that has the card open through VFIO */
bool service_runs = true;       /* it has the card open */
bool stopped_by_hook;           /* what before-claim stopped, and failed and after-release start */

/* /run/vfio-early/record.json; `written` is override_ns != 0. */
mtype r_state[2] = absent;
bool r_written[2];

/* /run/vfio-early/hand-over.json: h_owner is its `domain`, h_stopped its `stopped`. */
mtype h_phase;
byte h_owner;
bool h_stopped;

byte our_lock;                  /* /run/vfio-early/lock: the pid of its holder, 0: free */

byte kills = KILLS, faults = FAULTS;
byte running;                   /* processes besides the timer and the properties */
byte given_to;                  /* the owner whose claim has succeeded, until it loses the card */
bool answers[4];                /* has the claim of this owner succeeded? */
bool claim_ended[4];

bool one_owner = true, exclusive = true, whole = true;

/* Inside an atomic, before each write. */
#define MAY_BE_KILLED if :: kills > 0 -> kills--; goto killed :: skip fi; MUST_BE_EXCLUSIVE
#ifdef UNCHECKED_LOCK
#define MUST_BE_EXCLUSIVE skip
#else
#define MUST_BE_EXCLUSIVE exclusive = (our_lock == _pid); assert(exclusive)
#endif
/* A step that may fail. */
#define TRY(step) if :: step :: faults > 0 -> faults--; ok = false fi

#define MEMORY mtype state[2]; bool written[2]; mtype phase; byte owner; bool stopped, ok, complete, had_written

/* early/lock.cc take_lock: never waits forever. */
inline take_lock() {
  atomic {
    if
    :: our_lock == 0 -> our_lock = _pid
    :: our_lock != 0 -> goto without_lock
    fi
  }
}

inline forget_function(f) {
  state[f] = 0; written[f] = false
}
inline let_go() {
  our_lock = (our_lock == _pid -> 0 : our_lock);
  BOTH(forget_function);
  phase = 0; owner = 0; stopped = false; ok = false; complete = false; had_written = false
}

inline write_override(f, value) {
  atomic { MAY_BE_KILLED; override[f] = value }
}

/* record::write_record and write_hand_overs: a rename, so all or nothing. */
inline save_function(f) {
  r_state[f] = state[f]; r_written[f] = written[f]
}
inline save_record() {
  atomic { MAY_BE_KILLED; BOTH(save_function) }
}
inline read_function(f) {
  state[f] = r_state[f]; written[f] = r_written[f]
}
inline read_record() {
  d_step { BOTH(read_function) }
}
inline write_file() {
  h_phase = phase; h_owner = owner; h_stopped = stopped
}
inline save_file() {
  atomic { MAY_BE_KILLED; write_file() }
}
inline read_file() {
  d_step { phase = h_phase; owner = h_owner; stopped = h_stopped }
}

/* A domain counts as a user of the card only when its guest has the card open. */
#define is_used() (used_by != NOBODY)

/* -- give_back.cc --------------------------------------------------------------------------------- */

#define keeps_owner() one_owner = (given_to == NOBODY); assert(one_owner)

inline record_override(f) {
  if
  :: state[f] != absent && !written[f] && override[f] == vfio -> written[f] = true; state[f] = reserved
  :: else
  fi
}
inline clear_unrecorded(f) {
  if
#ifndef MISTAKE_LEAVE_UNRECORDED
  :: state[f] == absent && override[f] == vfio -> write_override(f, none)
#endif
  :: else
  fi
}

inline ask_back(f) {
  state[f] = (written[f] && state[f] != released -> reserved : state[f])
}
inline take_from_vfio(f) {
  atomic {
    if
    :: written[f] && driver[f] == vfio ->
       MAY_BE_KILLED;
       keeps_owner();
       ok = !is_used();
       if
       :: ok -> TRY(driver[f] = none)
       :: else
       fi;
       if
       :: !ok -> state[f] = bound; complete = false
       :: else
       fi
    :: else
    fi
  }
}
inline set_released(f) {
  state[f] = (written[f] -> released : state[f])
}
inline bind_to_host(f) {
  atomic {
    MAY_BE_KILLED;
    if
    :: driver[f] == none && override[f] == none -> TRY(driver[f] = host)
    :: else
    fi
  }
}
inline give_to_host(f) {
  if
  :: written[f] -> write_override(f, none); written[f] = false; bind_to_host(f)
  :: else
  fi
}
inline settle_untouched(f) {
  state[f] = (state[f] != absent && !written[f] -> released : state[f])
}

/* early/release.cc release_card */
inline release_functions() {
  if
  :: is_used() -> complete = false
  :: else ->
     d_step { BOTH(ask_back) };
     save_record();
     BOTH(take_from_vfio);
     d_step {
       if
       :: complete -> BOTH(set_released)
       :: else
       fi
     };
     save_record();
     if
     :: complete -> BOTH(give_to_host); save_record()
     :: else
     fi
  fi
}

inline left_of(f) {
  if
  :: complete && driver[f] == none -> bind_to_host(f); complete = (driver[f] == host)
  :: else
  fi
}

/* The record has the card: a later bind must not take it. */
#ifdef MISTAKE_SETTLE_RESERVED_ONLY
#define must_be_settled() had_written
#else
#define must_be_settled() (state[0] != absent || state[1] != absent)
#endif

/* Each step may have been done before. */
inline give_back() {
  complete = true;
  d_step { BOTH(record_override) };
  BOTH(clear_unrecorded);
  had_written = written[0] || written[1];
  if
  :: written[0] || written[1] -> release_functions()
  :: else
  fi;
  if
  :: complete && must_be_settled() -> d_step { BOTH(settle_untouched) }; save_record()
  :: else
  fi;
  BOTH(left_of);
  if
  :: complete && stopped -> atomic { MAY_BE_KILLED; service_runs = true; stopped = false }
  :: else
  fi;
  phase = (complete -> 0 : phase); owner = (complete -> NOBODY : owner)
}

/* failed or after-release. */
inline run_undoing_hook() {
  atomic { MAY_BE_KILLED; stopped_by_hook = false }
}

/* -- recover.cc ----------------------------------------------------------------------------------- */

inline give_back_with_hooks(who) {
  if
  :: phase == claimed ->
     phase = releasing;
#ifndef MISTAKE_RELEASE_WITHOUT_PHASE
     save_file_releasing(who);
#endif
  :: else
  fi;
  read_record();
  give_back();
  if
  :: complete -> run_undoing_hook()
  :: else
  fi;
  save_file()
}
/* From here on the owner does not have the card. */
inline save_file_releasing(who) {
  atomic {
    MAY_BE_KILLED;
    one_owner = (!is_domain(who) || given_to == NOBODY || given_to == who); assert(one_owner);
    given_to = NOBODY;
    write_file()
  }
}

/* A guest may use the card of a claim that was killed at its very end. */
inline keep_used() {
  if
  :: phase != 0 && phase != claimed && is_used() -> phase = claimed; save_file()
  :: else
  fi
}

inline recover_interrupted() {
  read_file();
  keep_used();
  if
  :: phase == claiming || phase == releasing -> give_back_with_hooks(NOBODY)
  :: else
  fi
}

/* -- claim_card.cc, make_free.cc, take_functions.cc ---------------------------------------------- */

inline give_to(who) {
  one_owner = (given_to == NOBODY || given_to == who); assert(one_owner);
  given_to = who;
  answers[who] = true
}

inline read_claimed(f) {
  if
  :: state[f] == bound && driver[f] == vfio
  :: else -> state[f] = intended; written[f] = false
  fi
}

/* If the card was claimed by hand, it stays claimed after the domain has ended. */
inline keep_claimed(who) {
  atomic {
    if
    :: is_domain(who) && owner != who && is_used()
#ifndef MISTAKE_SECOND_DOMAIN
    :: is_domain(who) && owner != who && is_domain(owner)
#endif
    :: is_domain(who) && owner == HAND && !is_used() -> answers[who] = true
    :: !is_domain(who) -> answers[who] = true
    :: else -> give_to(who)
    fi
  }
}

inline begin(who) {
  phase = claiming; owner = who; stopped = h_stopped;
#ifndef MISTAKE_CLAIM_WITHOUT_FILE
  save_file()
#endif
}

inline run_before_claim() {
  atomic { MAY_BE_KILLED; stopped_by_hook = true; ok = true; TRY(skip) }
}

/* Only libvirt's hook and --stop-services stop one. */
inline make_free(who) {
  if
  :: service_runs && who == HAND -> ok = false
  :: service_runs ->
#ifdef MISTAKE_STOP_BEFORE_SAVE
     atomic { MAY_BE_KILLED; service_runs = false };
     stopped = true; save_file()
#else
     stopped = true; save_file();
     atomic { MAY_BE_KILLED; service_runs = false }
#endif
  :: else
  fi
}

inline reserve_against_holder(f) {
  if
  :: state[f] == intended -> write_override(f, vfio); state[f] = reserved; written[f] = true
  :: else
  fi
}
inline unbind_holder(f) {
  if
  :: ok && state[f] == reserved && driver[f] == host -> atomic { MAY_BE_KILLED; TRY(driver[f] = none) }
  :: else
  fi
}
inline unbind(f) {
  if
  :: ok ->
     unbind_holder(f);
     if
     :: !ok -> state[f] = held; written[f] = false; write_override(f, none)
     :: else
     fi
  :: else
  fi
}
inline take_functions() {
  BOTH(reserve_against_holder);
  save_record();
  BOTH(unbind);
  save_record()
}

/* early/bind.cc: claim.pml has its details. */
inline attach(f) {
  if
  :: written[f] && override[f] == vfio && driver[f] == none ->
     atomic { MAY_BE_KILLED; ok = true; TRY(driver[f] = vfio) };
     if
     :: ok -> state[f] = bound
     :: else ->
        state[f] = released; save_record();
        write_override(f, none); written[f] = false;
        bind_to_host(f); ok = false
     fi
  :: else
  fi
}
inline bind() {
  save_record();
  BOTH(attach);
  save_record();
  ok = (state[0] == bound && state[1] == bound)
}

inline finish(who) {
  phase = claimed;
  atomic { MAY_BE_KILLED; write_file(); give_to(who) }
}

inline undo() {
  give_back();
#ifdef MISTAKE_UNDO_BEFORE_HOOK
  save_file(); run_undoing_hook()
#else
  run_undoing_hook(); save_file()
#endif
}

proctype Claim(byte who) {
  MEMORY;
#ifndef MISTAKE_CLAIM_WITHOUT_LOCK
  take_lock();
#endif
  recover_interrupted();
  read_record();
  d_step { BOTH(read_claimed) };
  if
  :: state[0] == bound && state[1] == bound -> keep_claimed(who); goto killed
  :: else
  fi;
  begin(who);
  run_before_claim();
  if
  :: ok -> make_free(who)
  :: else
  fi;
  if
  :: ok -> take_functions()
  :: else
  fi;
  if
  :: ok -> bind()
  :: else
  fi;
  if
  :: ok -> finish(who)
  :: else -> undo()
  fi;
without_lock:
killed:
  atomic { let_go(); claim_ended[who] = true; running-- }
}

/* -- The other processes -------------------------------------------------------------------------- */

/* `release CARD`, or the hook of a domain that has ended. */
proctype Release(byte who) {
  MEMORY;
  bool mine;
  mine = (h_phase != 0 && (!is_domain(who) || h_owner == who));
  if
  :: !mine -> goto killed
  :: else
  fi;
  take_lock();
  read_file();
#ifndef MISTAKE_OWNER_BEFORE_LOCK
  mine = (phase != 0 && (!is_domain(who) || owner == who));
#endif
  if
  :: !mine || phase == 0 || is_used() -> goto killed
  :: else
  fi;
  give_back_with_hooks(who);
without_lock:
killed:
  atomic { let_go(); mine = false; running-- }
}

/* The bind of the booted system, or of udev, with what the record has. */
inline resume(f) {
  if
  :: state[f] == intended || state[f] == reserved ->
     state[f] = intended; reserve_against_holder(f);
     save_record();
     ok = true; unbind_holder(f);
     if
     :: !ok -> written[f] = false; state[f] = intended; save_record(); state[f] = held; write_override(f, none)
     :: else
     fi
  :: else
  fi
}
proctype Bind() {
  MEMORY;
  take_lock();
  read_record();
  BOTH(resume);
  bind();
without_lock:
killed:
  atomic { let_go(); running-- }
}

#define has_host(f) (driver[f] == host && override[f] == none && \
  (r_state[f] == absent || r_state[f] == held || r_state[f] == released))
/* "reserved": a release was killed, or a guest opened the card during it. */
#define has_vfio(f) (driver[f] == vfio && override[f] == vfio && \
  (r_state[f] == bound || r_state[f] == reserved))
#define at_host() (h_phase == 0 && has_host(0) && has_host(1) && service_runs && !stopped_by_hook)
#define at_guest() (h_phase == claimed && has_vfio(0) && has_vfio(1))

/* vfio-early-recover.timer starts `recover` again and again. In its last run nothing kills it. */
proctype Timer() {
  MEMORY;
  bool last;
again:
  atomic {
    let_go();
    last = (running == 0 && used_by == NOBODY);
    kills = (last -> 0 : kills); faults = (last -> 0 : faults)
  }
#ifndef MISTAKE_RECOVER_WITHOUT_LOCK
  take_lock();
#endif
  recover_interrupted();
  if /* give_back_unused */
  :: phase == claimed && is_domain(owner) && !is_used() -> give_back_with_hooks(TIMER)
  :: true
  fi;
  if
  :: last -> goto judge
  :: else
  fi;
without_lock:
killed:
  goto again;
judge:
  atomic { let_go(); whole = (at_host() || at_guest()); assert(whole) }
}
/* libvirt: prepare, QEMU, release. */
proctype Domain(byte who) {
  atomic { running++; run Claim(who) };
  claim_ended[who];
  if
  :: atomic { answers[who] && used_by == NOBODY && driver[0] == vfio && driver[1] == vfio -> used_by = who };
     used_by = NOBODY
  :: true
  fi;
  atomic { answers[who] = false; running++; run Release(who) };
  running--
}

init {
  atomic {
#ifdef LIBVIRT
    running = 2;
    run Domain(DOMAIN_A); run Domain(DOMAIN_B);
#else
    running = 3;
    run Claim(HAND); run Release(HAND);
#ifdef MIXED
    run Domain(DOMAIN_A);
#else
    run Bind();
#endif
#endif
    run Timer()
  }
}
