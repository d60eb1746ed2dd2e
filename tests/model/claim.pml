/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * claim.pml: the claim protocol as a model for spin(1). tests/model/check runs it.
 *
 * One card with two functions: a display, which must not be unbound from its driver, and its audio
 * function, which may be. A process of vfio-early can be killed before each of its writes; the boot
 * continues.
 * A comment "claim.pml: NAME" in early/ marks the code of NAME below.
 *
 *   (nothing)            gate; bind beside the boot; its join; complete in the booted system
 *   -DOLD                gate and join on a kernel that takes the device's lock for driver_override (6.1;
 *                        6.12.117 and 7.2 do not)
 *   -DRETURN             gate and join, while one function is removed and returns: udev runs adopt
 *   -DRELEASE            gate and join, then release and healthy in the booted system
 *   -DRELEASE -DRETURN   both functions are bound, or the display was returned to the host; release, while
 *                        one is removed and comes back
 *   -DMISTAKE_…          a deliberate mistake: check lists them
 *
 * Properties
 *   kept     While the record says that a function is reserved, bound or driverless, no host driver's
 *            probe is called for it, and it has no host driver except the one that it was found with,
 *            unless the function left the bus after its override was written. (The link to a host
 *            driver may appear while the kernel refuses its probe.)
 *   truth    A function that the record calls bound has vfio-pci, unless it left the bus after its link
 *            was read back. "released" and "returned" permit a host driver; they do not prove one.
 *   given    A function that the record calls released or returned keeps one of these states or becomes
 *            failed, and a process that holds our lock does not set its override.
 *   ends     The boot ends: no process waits forever, except a removal, and a child that our process has
 *            abandoned; both wait for a probe that never returns. Each run is finite: `asks` limits the
 *            loop of Host, and the number of functions limits the loop of Loader.
 *
 * What the model leaves out
 *   - The creation of virtual functions (early/virtual_functions.cc). Before it, no driver can hold one;
 *     afterwards, each is a function that the gate has missed.
 *   - Time. A time limit may expire at any moment before the awaited event. The kernel refuses a probe
 *     within microseconds: this happens within every limit.
 *   - systemd's time limits. A probe of vfio-pci that takes longer than our limit but returns.
 *   - A process that is killed in the middle of a write: its child may finish the write a moment later.
 *     Here a write is one step. A process that waits for a device's lock gets it in the order of arrival.
 *   - More than one removal, one release, and TRIES attempts of a host driver. bind beside the boot and
 *     complete, with -DOLD, -DRETURN and -DRELEASE. With -DRETURN, a host driver that is neither there
 *     from the beginning nor called when its function returns.
 *   - Release with a removal after any other boot.
 *   - claim CARD, which hand_over.pml has; the supplementary image's claim as process 1, cold plug, the
 *     dead-man rescue (a boot that it rescues claims nothing), settings, framebuffers, disks, guests, a full
 *     /run, a host driver that is unbound by hand, and a fault of the machine.
 */

#if defined(RETURN) || defined(RELEASE) || defined(OLD)
#define TRIES 1
#else
#define TRIES 2
#define BESIDE
#endif

#define DISPLAY 0
#define AUDIO 1
#define BOTH(step) step(DISPLAY); step(AUDIO)

mtype = { none, host, vfio };                                        /* a driver, or an override */
mtype = { absent, intended, reserved, bound, driverless, held, returned, failed, released };
mtype = { unlocked, refusing, probing };                             /* a device's lock */
mtype = { ok, missing, timed_out, inval };                           /* the result of a write; 0: none */
mtype = { BIND, JOIN, COMPLETE, ADOPT };

/* The kernel's side of a function. */
bool here[2] = true;
mtype driver[2] = none;         /* the `driver` link */
mtype override[2] = none;
mtype lock[2] = unlocked;
mtype late[2] = absent;         /* a write to the override that timed out and waits for the lock */
bool late_unbind[2], late_bind[2];
byte asks[2];                   /* how often a host driver still tries to bind it */
bool refuses[2];                /* vfio-pci refuses it for good: the display only */
bool vfio_loading, vfio_loaded;

/* /run/vfio-early/record.json; `written` is override_ns != 0, `had_host` is `found`. */
bool record;
mtype r_state[2] = absent;
bool r_written[2], r_had_host[2], r_ended;
byte our_lock;                  /* /run/vfio-early/lock: the pid of its holder, 0: free */

/* For the properties: has the function left the bus since … */
bool gone[2];                   /* … its override was written */
bool gone_since_bound[2];       /* … the link to vfio-pci was read back */

bool kept = true, truth = true, given = true;
bool gate_ended, join_ended, complete_ended, booted;

#define says_kept(f) \
  (record && (r_state[f] == reserved || r_state[f] == bound || r_state[f] == driverless))
#define given_away(f) (record && (r_state[f] == released || r_state[f] == returned))

/* Inside an atomic, after its guard: killing must not hide a wait without a limit. */
#define MAY_BE_KILLED if :: goto killed :: skip fi

/* -- The kernel ---------------------------------------------------------------------------------- */

#define matches_vfio(f) (here[f] && override[f] == vfio)

/* Performs the writes that waited for the lock. */
inline unlock(f) {
  if
  :: late[f] != absent -> override[f] = late[f]; late[f] = absent
  :: else
  fi;
  if
  :: late_unbind[f] -> driver[f] = none; late_unbind[f] = false
  :: else
  fi;
  if
  :: late_bind[f] && matches_vfio(f) && driver[f] == none && !refuses[f] -> driver[f] = vfio
  :: else
  fi;
  late_bind[f] = false;
  lock[f] = unlocked
}

/* really_probe in drivers/base/dd.c: the link, then pci_match_device in drivers/pci/pci-driver.c, which
 * looks at the override. (The kernel also does so before it takes the lock, which only saves an attempt.) */
proctype Host(byte f) {
end_idle:
  do
  :: atomic {
       asks[f] > 0 && here[f] && driver[f] == none && lock[f] == unlocked ->
       asks[f]--; lock[f] = refusing; driver[f] = host
     }
     atomic {
       if
       :: override[f] == vfio -> driver[f] = none; unlock(f); goto end_idle
       :: else ->
          kept = !says_kept(f) || gone[f];
          assert(kept);
          lock[f] = probing
       fi
     }
     if
     :: atomic { unlock(f) }
     :: atomic { driver[f] = none; unlock(f) }
     :: goto end_never_returns
     fi
  od;
end_never_returns:
  false
}

#ifdef OLD
#define override_free(f) (!here[f] || lock[f] == unlocked)
#else
#define override_free(f) true
#endif

/* A write to driver_override, with a time limit (early/write_with_timeout.h). */
inline write_override(f, value) {
  atomic {
    override_free(f) || lock[f] == probing ->
    MAY_BE_KILLED;
    if
    :: !here[f] -> outcome[f] = missing
    :: here[f] && override_free(f) ->
       given = (value == none || our_lock != _pid || !given_away(f));
       assert(given);
       override[f] = value; outcome[f] = ok
    :: here[f] && !override_free(f) -> late[f] = value; outcome[f] = timed_out
    fi
  }
}

/* vfio-pci's probe of a function. It may hang, and then it keeps the lock. */
inline probe_vfio(f) {
  if
  :: driver[f] != none
  :: driver[f] == none && refuses[f] -> outcome[f] = inval
  :: driver[f] == none && !refuses[f] -> driver[f] = vfio; outcome[f] = ok
  :: driver[f] == none && !refuses[f] -> driver[f] = vfio; lock[f] = probing; outcome[f] = timed_out
  fi
}

/* The kernel, for a child that loads vfio-pci: calls its probe for every function whose override names it. */
proctype Loader() {
  byte f;
  mtype outcome[2];
end_waits_for_lock:
  atomic {
    !matches_vfio(f) || lock[f] == unlocked ->
    if
    :: matches_vfio(f) -> probe_vfio(f)
    :: else
    fi;
    if
    :: outcome[f] == timed_out -> goto end_hangs
    :: outcome[f] != timed_out && f == 0 -> outcome[f] = 0; f++; goto end_waits_for_lock
    :: else -> outcome[f] = 0; f = 0; vfio_loaded = true
    fi;
    goto ended
  }
end_hangs:
  false;
ended:
  skip
}

/* -- Steps of vfio-early ------------------------------------------------------------------------- */

#define MEMORY mtype holder, outcome[2], state[2]; bool written[2], had_host[2], ended

/* record::write_record: a rename, so all or nothing. */
inline save() {
  atomic {
    MAY_BE_KILLED;
    d_step { record = true; r_ended = ended; BOTH(save_function) }
  }
}
inline save_function(f) {
  given = !given_away(f) || state[f] == released || state[f] == returned || state[f] == failed;
  assert(given);
  r_state[f] = state[f]; r_written[f] = written[f]; r_had_host[f] = had_host[f]
}

inline read() {
  d_step { ended = r_ended; BOTH(read_function) }
}
inline read_function(f) {
  state[f] = r_state[f]; written[f] = r_written[f]; had_host[f] = r_had_host[f]
}

/* The end of a process: frees its lock and resets its variables, which reduces the number of states. */
inline let_go() {
  our_lock = (our_lock == _pid -> 0 : our_lock);
  forget()
}
inline forget() {
  holder = 0; ended = false;
  BOTH(forget_function)
}
inline forget_function(f) {
  outcome[f] = 0; state[f] = 0; written[f] = false; had_host[f] = false
}

/* early/lock.cc take_lock: never waits forever. */
inline take_lock() {
  atomic {
    if
    :: our_lock == 0 -> our_lock = _pid
    :: our_lock != 0 -> goto without_lock
    fi
  }
}

/* The link exists before the kernel checks the override; early/probe_wait.h waits for this check. */
inline read_link(f) {
  driver[f] != host || lock[f] != refusing ->
  holder = driver[f]
}

inline settle_reserved(f) {
  state[f] = reserved; written[f] = true;
  gone[f] = gone[f] && override[f] != vfio
}
/* The display stays with its driver; the audio function is left to take_from_holders. */
inline settle_held(f) {
  had_host[f] = true;
  if
  :: f == DISPLAY -> state[f] = held
  :: else
  fi
}

/* early/reserve.cc: first all writes, then all checks of the links. */
inline reserve() {
  BOTH(reserve_function);
  BOTH(settle_written)
}
inline reserve_function(f) {
  if
  :: state[f] == intended && !had_host[f] -> write_override(f, vfio)
  :: state[f] == intended && had_host[f] -> settle_held(f)
  :: else
  fi
}
inline settle_written(f) {
  if
  :: outcome[f] == ok ->
     atomic {
#ifdef MISTAKE_NO_READ_BACK
       holder = none;
#else
       read_link(f);
#endif
       if
       :: holder != host -> settle_reserved(f); outcome[f] = 0
       :: else
       fi
     }
     if
     :: holder == host -> write_override(f, none); atomic { settle_held(f); outcome[f] = 0 }
     :: else
     fi;
     holder = 0
  :: atomic { outcome[f] == timed_out || outcome[f] == missing -> state[f] = failed; outcome[f] = 0 }
  :: else
  fi
}

/* -- gate ---------------------------------------------------------------------------------------- */

inline intend(f) {
  state[f] = intended; had_host[f] = (driver[f] == host)
}

proctype Gate() {
  MEMORY;
  d_step { BOTH(intend) };
  save();
  reserve();
  save();
killed:
  atomic { forget(); gate_ended = true }
}

/* -- bind and adopt ------------------------------------------------------------------------------ */

/* A bind may be killed after the write, and the next one may find an obstacle. A function that stays with
 * its driver must not keep an override. */
inline reserve_against_holder(f) {
  if
  :: true -> state[f] = held
  :: write_override(f, vfio);
     if
     :: outcome[f] == ok -> settle_reserved(f)
     :: else -> state[f] = held
     fi
  fi;
  if
  :: state[f] == held && (outcome[f] != 0 || override[f] == vfio) -> write_override(f, none)
  :: else
  fi;
  outcome[f] = 0
}

/* It may fail: an obstacle, a driver that refuses, or a probe that takes longer than the limit. */
inline unbind_holder(f) {
  atomic {
    lock[f] != refusing ->
    MAY_BE_KILLED;
    if
    :: driver[f] != host
    :: driver[f] == host -> state[f] = held
    :: driver[f] == host && lock[f] == unlocked -> driver[f] = none
    :: driver[f] == host && lock[f] == probing -> late_unbind[f] = true; state[f] = held
    fi
  }
}

inline leave_to_holder(f) {
  written[f] = false;
#ifndef MISTAKE_GIVE_UP_WITHOUT_RECORD
  state[f] = intended;
  save();
  state[f] = held;
#endif
  write_override(f, none);
  outcome[f] = 0
}

/* Never the display: see settle_held. */
inline take_from_holders() {
  if
  :: state[AUDIO] == intended && had_host[AUDIO] -> reserve_against_holder(AUDIO)
  :: else
  fi;
  if
  :: state[AUDIO] == reserved && had_host[AUDIO] ->
     save();
     unbind_holder(AUDIO);
     if
     :: state[AUDIO] == held -> leave_to_holder(AUDIO)
     :: else
     fi
  :: else
  fi
}

/* early/modules.cc load_module_within. While one runs, another waits for it in the kernel. */
inline load(f) {
  if
  :: atomic { !vfio_loading -> MAY_BE_KILLED; vfio_loading = true; run Loader() }
  :: !vfio_loading -> outcome[f] = missing
  :: vfio_loading
  fi;
  if
  :: outcome[f] == missing
  :: outcome[f] != missing && vfio_loaded
#ifndef MISTAKE_LOAD_WITHOUT_LIMIT
  :: outcome[f] != missing && !vfio_loaded && (lock[0] == probing || lock[1] == probing) ->
     outcome[f] = timed_out
#endif
  fi
}

inline attach(f) {
  atomic {
    if
    :: !matches_vfio(f) -> MAY_BE_KILLED
    :: matches_vfio(f) && lock[f] == unlocked -> MAY_BE_KILLED; probe_vfio(f)
    :: matches_vfio(f) && lock[f] == probing -> MAY_BE_KILLED; late_bind[f] = true; outcome[f] = timed_out
    fi
  }
#ifdef MISTAKE_ATTACH_WITHOUT_LIMIT
  lock[f] != probing;
#endif
#ifdef MISTAKE_NO_LINK
  holder = vfio;
#else
  holder_of(f);
#endif
  if
  :: holder == none && outcome[f] == inval -> give_back(f)
  :: else -> outcome[f] = 0; settle(f)
  fi
}

inline give_back(f) {
  outcome[f] = 0;
  state[f] = returned;
#ifndef MISTAKE_GIVE_BACK_WITHOUT_RECORD
  save();
#endif
  write_override(f, none);
  atomic {
    MAY_BE_KILLED;
    written[f] = (outcome[f] != ok);
    outcome[f] = 0;
    asks[f] = 1 /* drivers_probe */
  }
#ifdef MISTAKE_PROBE_WITHOUT_LIMIT
  lock[f] != probing
#endif
}

/* 0: a probe is still running, so the link is not final. */
inline holder_of(f) {
  atomic {
    if
    :: lock[f] == unlocked -> holder = driver[f]; gone_since_bound[f] = gone_since_bound[f] && holder != vfio
    :: lock[f] == probing -> holder = 0
    fi
  }
}
inline settle(f) {
  if
  :: holder == 0 -> settle_probed(f)
  :: else -> state[f] = (holder == vfio -> bound : (holder == host -> held : failed))
  fi
}
inline settle_probed(f) {
  state[f] = (driver[f] == host -> held : driverless)
}

inline bind_function(f) {
  if
  :: !written[f] || state[f] == returned || state[f] == released
  :: else ->
     state[f] = failed;
     if
     :: here[f] ->
        holder_of(f);
        if
        :: holder == none -> load(f); holder_of(f)
        :: else
        fi;
        if
        :: holder == none && outcome[f] != 0 -> state[f] = driverless; outcome[f] = 0
        :: holder == none && outcome[f] == 0 -> attach(f)
        :: holder != none -> outcome[f] = 0; settle(f)
        fi;
        holder = 0
     :: !here[f]
     fi
  fi
}

#define settled(s) (s == absent || s == bound || s == returned || s == held || s == released)
inline retry(f) {
  state[f] = (state[f] == failed && !written[f] -> intended : state[f])
}

inline bind() {
  if
  :: ended && settled(state[0]) && settled(state[1]) -> goto killed
  :: else
  fi;
  ended = false;
  save();
  d_step { BOTH(retry) }
  if
  :: state[0] == intended || state[1] == intended -> reserve(); save()
  :: else
  fi;
  take_from_holders();
  BOTH(bind_function);
  ended = true;
  save()
}

#ifdef MISTAKE_ADOPT_TAKES_BACK
#define stays_given(f) false
#else
#define stays_given(f) given_away(f)
#endif

inline lost_function(f) {
  lost[f] = override[f] == none && !stays_given(f) && !(record && r_state[f] == held && f != arrived)
}
inline see_host(f) {
  seen_host[f] = (driver[f] == host)
}
inline merge(f) {
  if
  :: lost[f] -> state[f] = intended; written[f] = false; had_host[f] = seen_host[f]
  :: else
  fi
}

inline forget_adopted(f) {
  lost[f] = false; seen_host[f] = false
}
inline tell_boot() {
  join_ended = join_ended || kind == JOIN;
  complete_ended = complete_ended || kind == COMPLETE
}

/* bind, its join before the real root takes over, complete in the booted system; adopt of `arrived`. */
proctype Worker(mtype kind; byte arrived) {
  MEMORY;
  bool lost[2], seen_host[2];
  if
  :: kind == ADOPT -> /* current_intent */
     d_step { BOTH(see_host) }
  :: else
  fi;
  take_lock();
  if
  :: kind != ADOPT && !record -> goto killed
  :: else -> read()
  fi;
  if
  :: kind == ADOPT ->
     BOTH(lost_function);
     if
     :: !lost[0] && !lost[1] -> goto killed
     :: else -> d_step { BOTH(merge) }
     fi
  :: else
  fi;
  bind();
  goto killed;
without_lock:
  if
  :: kind == ADOPT -> /* only_reserve */
     BOTH(lost_function);
     d_step { BOTH(merge) };
     reserve()
  :: else
  fi;
killed:
  atomic {
    let_go();
    BOTH(forget_adopted);
    tell_boot()
  }
}

/* -- release and healthy ------------------------------------------------------------------------- */

inline ask_back(f) {
  asked[f] = written[f];
  state[f] = (asked[f] && state[f] != released && state[f] != returned -> reserved : state[f])
}

/* The unbind may fail. */
inline take_from_vfio(f) {
  atomic {
    !asked[f] || lock[f] != refusing ->
    if
    :: asked[f] && driver[f] == vfio ->
       MAY_BE_KILLED;
       if
       :: lock[f] == unlocked -> driver[f] = none
       :: state[f] = bound; refused = true
       fi
    :: else
    fi
  }
}

inline set_released(f) {
  state[f] = (asked[f] -> released : state[f])
}

inline give_to_host(f) {
  if
  :: asked[f] ->
     write_override(f, none);
     atomic {
       if
       :: outcome[f] == ok -> written[f] = false; asks[f] = 1 /* drivers_probe, with a time limit */
       :: else -> state[f] = failed
       fi;
       outcome[f] = 0
     }
  :: else
  fi
}

/* early/release.cc: writes the record before it gives the functions to the host. */
proctype Release() {
  MEMORY;
  bool asked[2], refused;
  booted;
  take_lock();
  read();
  d_step { BOTH(ask_back) };
  if
  :: !asked[0] && !asked[1] -> goto killed
  :: else
  fi;
  save();
  BOTH(take_from_vfio);
  if
  :: refused -> save(); goto killed
  :: else
  fi;
  d_step { BOTH(set_released) };
#ifndef MISTAKE_RELEASE_WITHOUT_RECORD
  save();
#endif
  BOTH(give_to_host);
  save();
without_lock:
killed:
  atomic { let_go(); asked[0] = false; asked[1] = false; refused = false }
}

/* early/rescue.cc mark_flag: reads and replaces the record to change its flag. */
proctype Healthy() {
  MEMORY;
  booted;
#ifndef MISTAKE_HEALTHY_WITHOUT_LOCK
  take_lock();
#endif
  if
  :: record -> read()
  :: else -> goto killed
  fi;
  save();
without_lock:
killed:
  atomic { let_go() }
}

/* -- The machine and its boot -------------------------------------------------------------------- */

/* One function leaves the bus (its lock is needed for that) and returns, without an override. */
proctype Bus() {
  byte f;
#ifdef RELEASE
  booted; /* the booted system's udev */
#else
  gate_ended;
#endif
  if
  :: f = DISPLAY
  :: f = AUDIO
  fi;
end_waits_for_lock:
  atomic {
    lock[f] == unlocked ->
    here[f] = false; driver[f] = none; override[f] = none;
    gone[f] = true; gone_since_bound[f] = true
  }
  atomic { here[f] = true; asks[f] = 1; run Worker(ADOPT, f) }
}

proctype Boot() {
  run Gate();
  gate_ended;
#ifdef BESIDE
  run Worker(BIND, 0);
#endif
  run Worker(JOIN, 0);
  join_ended;
#ifdef BESIDE
  run Worker(COMPLETE, 0);
  complete_ended;
#endif
  booted = true
}

/* Is checked in every state. */
#define untrue(f) (record && r_state[f] == bound && driver[f] != vfio && !gone_since_bound[f])
#define not_kept(f) \
  (says_kept(f) && !r_had_host[f] && driver[f] == host && lock[f] != refusing && !gone[f])
active proctype Truth() {
end:
  if
  :: atomic { untrue(0) || untrue(1) -> truth = false; assert(truth) }
  :: atomic { not_kept(0) || not_kept(1) -> kept = false; assert(kept) }
  fi
}

#define set_bound(f) \
  override[f] = vfio; driver[f] = vfio; r_state[f] = bound; r_written[f] = true

init {
  atomic {
    run Host(0); run Host(1);
#if defined(RELEASE) && defined(RETURN)
    set_bound(AUDIO);
    if
    :: set_bound(DISPLAY)
    :: refuses[DISPLAY] = true; r_state[DISPLAY] = returned
    fi;
    vfio_loading = true; vfio_loaded = true; record = true; r_ended = true; booted = true;
#else
    if
    :: refuses[DISPLAY] = true
    :: skip
    fi;
#ifdef RETURN
    if
    :: driver[DISPLAY] = host
    :: driver[AUDIO] = host
    :: skip
    fi;
#else
    asks[0] = TRIES; asks[1] = TRIES;
#endif
    run Boot();
#endif
#ifdef RETURN
    run Bus();
#endif
#ifdef RELEASE
    run Release();
#ifndef RETURN
    run Healthy();
#endif
#endif
  }
}
