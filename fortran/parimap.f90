! SPDX-License-Identifier: MIT
! parimap for Fortran: what is to be done for the indices 1 .. n, in parallel, with results in arrays or as a stream.
!
! What to do is a type of yours: it extends parimap_action or parimap_function, has the data as its components, and `run` for one index.
! Several threads call `run` of one object at once, so it writes only what belongs to its own index, and its local variables must be its own:
! declare it `recursive`, or compile with -frecursive, which the CMake target parimap::fortran adds for gfortran. Otherwise large local arrays are
! shared. Do not declare local variables with `save` or an initial value, and start no procedure that does.
!
! Every call that can fail has an optional argument `stat`: 0, or one of the errors below, and parimap_last_error() says more. Without
! `stat` the program ends with that text, as it does for allocate.
module parimap
    use, intrinsic :: iso_c_binding, only: c_associated, c_bool, c_char, c_f_pointer, c_funloc, c_funptr, c_int, c_loc, &
        c_null_char, c_null_ptr, c_ptr, c_size_t
    use, intrinsic :: iso_fortran_env, only: error_unit
    implicit none
    private

    public :: parimap_pool, parimap_stream, parimap_options, parimap_action, parimap_function
    public :: parimap_strerror, parimap_last_error, parimap_last_error_code, parimap_failed_index, parimap_failed_code
    public :: parimap_worker_index

    ! The errors.
    integer, parameter, public :: parimap_ok = 0
    ! An argument is wrong, such as a pool that was not created. Nothing was begun.
    integer, parameter, public :: parimap_bad_argument = -1
    ! `run` set its stat: see parimap_failed_index().
    integer, parameter, public :: parimap_item_failed = -2
    ! The stream was stopped by cancel().
    integer, parameter, public :: parimap_cancelled = -3
    integer, parameter, public :: parimap_out_of_memory = -4
    ! The system refused something, such as one more thread.
    integer, parameter, public :: parimap_system_error = -5
    ! A pool or stream was used where it cannot be, such as in the child of a fork().
    integer, parameter, public :: parimap_wrong_use = -6
    integer, parameter, public :: parimap_other_error = -7

    ! What a call may be asked for, as in parimap_options(progress=.true., description='scan').
    type :: parimap_options
        integer :: chunk = 0          ! the most indices a worker takes at a time; 0 adapts to what they cost
        integer :: window = 0         ! the most results under way, begun and not taken yet; 0 chooses
        logical :: progress = .false. ! whether a progress bar is shown, on the standard error
        character(:), allocatable :: description  ! what stands in front of the bar
    end type

    ! What for_each() does for an index.
    type, abstract :: parimap_action
    contains
        procedure(run_action), deferred :: run
    end type

    ! What map() and the streams do for an index, with a result.
    type, abstract :: parimap_function
    contains
        procedure(run_function), deferred :: run
    end type

    abstract interface
        ! stat is 0 when it is called. If it is not when it returns, the item has failed, and parimap_failed_code() is that number.
        subroutine run_action(self, index, stat)
            import :: parimap_action
            class(parimap_action), intent(inout) :: self
            integer, intent(in) :: index
            integer, intent(inout) :: stat
        end subroutine

        ! result is where the result goes: c_f_pointer(result, x) makes the pointer x stand for it.
        subroutine run_function(self, index, result, stat)
            import :: parimap_function, c_ptr
            class(parimap_function), intent(inout) :: self
            integer, intent(in) :: index
            type(c_ptr), intent(in) :: result
            integer, intent(inout) :: stat
        end subroutine
    end interface

    ! What C gets as the context of a call.
    type :: action_call
        class(parimap_action), pointer :: action => null()
    end type
    type :: function_call
        class(parimap_function), pointer :: function => null()
    end type

    ! The workers that calls run on. Any number of threads may share one. It is not copied: pass it on as an argument.
    type :: parimap_pool
        private
        type(c_ptr) :: handle = c_null_ptr
    contains
        procedure :: create => create_pool
        procedure :: destroy => destroy_pool
        procedure :: size => size_of_pool
        procedure :: for_each
        procedure :: map
        procedure :: ordered_imap
        procedure :: unordered_imap
    end type

    ! Results that come one after the other, while others are computed. It is not copied. One thread at a time takes them.
    type :: parimap_stream
        private
        type(c_ptr) :: handle = c_null_ptr
        type(function_call), pointer :: call => null()
    contains
        procedure :: next
        procedure :: cancel
        procedure :: destroy => destroy_stream
    end type

    ! --- parimap.h ------------------------------------------------------------------------------------------------------

    integer(c_int), parameter :: is_ordered = 0, is_unordered = 1

    type, bind(c) :: c_pool_options
        integer(c_size_t) :: workers = 0
        integer(c_size_t) :: inner_threads = 0
        integer(c_size_t) :: stack_size = 0
    end type

    type, bind(c) :: c_options
        integer(c_size_t) :: chunk
        integer(c_size_t) :: window
        logical(c_bool) :: progress
        type(c_ptr) :: description
    end type

    interface
        function c_strerror(error) bind(c, name='parimap_strerror') result(text)
            import :: c_int, c_ptr
            integer(c_int), value :: error
            type(c_ptr) :: text
        end function
        function c_last_error() bind(c, name='parimap_last_error') result(text)
            import :: c_ptr
            type(c_ptr) :: text
        end function
        function c_last_error_code() bind(c, name='parimap_last_error_code') result(code)
            import :: c_int
            integer(c_int) :: code
        end function
        function c_failed_index() bind(c, name='parimap_failed_index') result(index)
            import :: c_size_t
            integer(c_size_t) :: index
        end function
        function c_failed_code() bind(c, name='parimap_failed_code') result(code)
            import :: c_int
            integer(c_int) :: code
        end function
        function c_pool_create(options) bind(c, name='parimap_pool_create_with') result(pool)
            import :: c_pool_options, c_ptr
            type(c_pool_options), intent(in) :: options
            type(c_ptr) :: pool
        end function
        subroutine c_pool_destroy(pool) bind(c, name='parimap_pool_destroy')
            import :: c_ptr
            type(c_ptr), value :: pool
        end subroutine
        function c_pool_size(pool) bind(c, name='parimap_pool_size') result(workers)
            import :: c_ptr, c_size_t
            type(c_ptr), value :: pool
            integer(c_size_t) :: workers
        end function
        function c_worker_index() bind(c, name='parimap_worker_index') result(index)
            import :: c_size_t
            integer(c_size_t) :: index
        end function
        function c_for_each(pool, n, function, context, options) bind(c, name='parimap_for_each') result(code)
            import :: c_funptr, c_int, c_options, c_ptr, c_size_t
            type(c_ptr), value :: pool
            integer(c_size_t), value :: n
            type(c_funptr), value :: function
            type(c_ptr), value :: context
            type(c_options), intent(in) :: options
            integer(c_int) :: code
        end function
        function c_map(pool, n, function, context, results, result_size, options) bind(c, name='parimap_map') result(code)
            import :: c_funptr, c_int, c_options, c_ptr, c_size_t
            type(c_ptr), value :: pool
            integer(c_size_t), value :: n
            type(c_funptr), value :: function
            type(c_ptr), value :: context
            type(c_ptr), value :: results
            integer(c_size_t), value :: result_size
            type(c_options), intent(in) :: options
            integer(c_int) :: code
        end function
        function c_imap(pool, n, order, function, context, result_size, options) bind(c, name='parimap_imap') result(stream)
            import :: c_funptr, c_int, c_options, c_ptr, c_size_t
            type(c_ptr), value :: pool
            integer(c_size_t), value :: n
            integer(c_int), value :: order
            type(c_funptr), value :: function
            type(c_ptr), value :: context
            integer(c_size_t), value :: result_size
            type(c_options), intent(in) :: options
            type(c_ptr) :: stream
        end function
        function c_next(stream, result, index) bind(c, name='parimap_next') result(code)
            import :: c_int, c_ptr, c_size_t
            type(c_ptr), value :: stream
            type(c_ptr), value :: result
            integer(c_size_t), intent(inout) :: index
            integer(c_int) :: code
        end function
        function c_cancel(stream) bind(c, name='parimap_cancel') result(code)
            import :: c_int, c_ptr
            type(c_ptr), value :: stream
            integer(c_int) :: code
        end function
        subroutine c_stream_destroy(stream) bind(c, name='parimap_stream_destroy')
            import :: c_ptr
            type(c_ptr), value :: stream
        end subroutine
    end interface

contains

    ! --- Errors ---------------------------------------------------------------------------------------------------------

    ! What an error means, in a few words.
    function parimap_strerror(error) result(text)
        integer, intent(in) :: error
        character(:), allocatable :: text
        text = text_of(c_strerror(int(error, c_int)))
    end function

    ! What happened in the last call on this thread that failed, in words that say what to do about it; empty if none has.
    function parimap_last_error() result(text)
        character(:), allocatable :: text
        text = text_of(c_last_error())
    end function

    ! Which error that was.
    function parimap_last_error_code() result(code)
        integer :: code
        code = int(c_last_error_code())
    end function

    ! If that was parimap_item_failed: the index that failed. Otherwise 0.
    function parimap_failed_index() result(index)
        integer :: index
        index = int(c_failed_index() + 1)    ! of SIZE_MAX, which is -1 here
    end function

    ! If that was parimap_item_failed: the stat that `run` returned. Otherwise 0.
    function parimap_failed_code() result(code)
        integer :: code
        code = int(c_failed_code())
    end function

    ! Which worker runs the procedure that asks: 1 .. size of its pool, and no two that run at the same time have the same. 0 outside `run`.
    function parimap_worker_index() result(index)
        integer :: index
        index = int(c_worker_index() + 1)
    end function

    ! --- A pool ---------------------------------------------------------------------------------------------------------

    ! Makes a pool of so many workers; without a number, or for 0, of as many as this process has CPUs. Do it once: it takes time.
    ! inner_threads: how many threads a parallel region of OpenMP has that `run` opens; left out, what OpenMP does by itself.
    ! stack_size: bytes of stack that each worker has, as in 256 * 2_c_size_t**20; left out, what the system gives to threads, which is 2 MiB
    ! where the limit is `unlimited`. On the backends threads and tbb.
    subroutine create_pool(self, workers, stat, inner_threads, stack_size)
        class(parimap_pool), intent(inout) :: self
        integer, intent(in), optional :: workers
        integer, intent(out), optional :: stat
        integer, intent(in), optional :: inner_threads
        integer(c_size_t), intent(in), optional :: stack_size
        type(c_pool_options) :: wanted
        call self%destroy()
        if (present(workers)) wanted%workers = int(workers, c_size_t)
        if (present(inner_threads)) wanted%inner_threads = int(inner_threads, c_size_t)
        if (present(stack_size)) wanted%stack_size = stack_size
        self%handle = c_pool_create(wanted)
        call tell(merge(parimap_ok, parimap_last_error_code(), c_associated(self%handle)), stat)
    end subroutine

    ! Ends the pool, if there is one. Streams may live on.
    subroutine destroy_pool(self)
        class(parimap_pool), intent(inout) :: self
        call c_pool_destroy(self%handle)
        self%handle = c_null_ptr
    end subroutine

    ! How many `run` it runs at once, at most; 0 if it was not created.
    function size_of_pool(self) result(workers)
        class(parimap_pool), intent(in) :: self
        integer :: workers
        workers = int(c_pool_size(self%handle))
    end function

    ! Runs the action for 1 .. n, on the workers and the calling thread, and returns when all have returned.
    ! stat: parimap_item_failed if one failed. parimap_failed_index() is then the lowest that did, and all before it were run.
    recursive subroutine for_each(self, action, n, options, stat)
        class(parimap_pool), intent(in) :: self
        class(parimap_action), intent(inout), target :: action
        integer, intent(in) :: n
        type(parimap_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        type(action_call), target :: call
        character(kind=c_char), allocatable, target :: description(:)
        call%action => action
        call tell(int(c_for_each(self%handle, count_of(n), c_funloc(call_action), c_loc(call), &
            for_c(options, description))), stat)
    end subroutine

    ! The same, with results: that of the first index goes to `results`, and each further one result_size bytes behind the one before.
    ! For a contiguous array x of n numbers that is c_loc(x) and c_sizeof(x(1)).
    recursive subroutine map(self, function, n, results, result_size, options, stat)
        class(parimap_pool), intent(in) :: self
        class(parimap_function), intent(inout), target :: function
        integer, intent(in) :: n
        type(c_ptr), intent(in) :: results
        integer(c_size_t), intent(in) :: result_size
        type(parimap_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        type(function_call), target :: call
        character(kind=c_char), allocatable, target :: description(:)
        call%function => function
        call tell(int(c_map(self%handle, count_of(n), c_funloc(call_function), c_loc(call), results, result_size, &
            for_c(options, description))), stat)
    end subroutine

    ! --- Streams --------------------------------------------------------------------------------------------------------

    ! Begins the function for 1 .. n and returns at once. stream%next() gives the results, of result_size bytes each, in the order of the
    ! indices. At most a window of them is kept. The function must be a `target`, and live until the stream is destroyed.
    recursive subroutine ordered_imap(self, stream, function, n, result_size, options, stat)
        class(parimap_pool), intent(in) :: self
        type(parimap_stream), intent(inout) :: stream
        class(parimap_function), intent(inout), target :: function
        integer, intent(in) :: n
        integer(c_size_t), intent(in) :: result_size
        type(parimap_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        call begin_stream(self, stream, is_ordered, function, n, result_size, options, stat)
    end subroutine

    ! The same, but each result comes when it is there: a slow one holds up no other.
    recursive subroutine unordered_imap(self, stream, function, n, result_size, options, stat)
        class(parimap_pool), intent(in) :: self
        type(parimap_stream), intent(inout) :: stream
        class(parimap_function), intent(inout), target :: function
        integer, intent(in) :: n
        integer(c_size_t), intent(in) :: result_size
        type(parimap_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        call begin_stream(self, stream, is_unordered, function, n, result_size, options, stat)
    end subroutine

    ! Waits for the next item. True if there was one: its result is copied to `result`, the c_loc() of a variable, and its number to index.
    ! False at the end, and after an error of the stream, such as parimap_cancelled. With an item that failed it is true, there is no
    ! result, and stat is parimap_item_failed; the stream goes on behind it.
    recursive function next(self, result, index, stat) result(is_there)
        class(parimap_stream), intent(inout) :: self
        type(c_ptr), intent(in) :: result
        integer, intent(out), optional :: index
        integer, intent(out), optional :: stat
        logical :: is_there
        integer(c_size_t) :: found
        integer :: code
        found = -1
        code = int(c_next(self%handle, result, found))
        if (present(index)) index = int(found + 1)
        is_there = code == 1 .or. code == parimap_item_failed
        call tell(min(code, 0), stat)
    end function

    ! Nothing further is begun, and next() tells parimap_cancelled. Any thread.
    recursive subroutine cancel(self, stat)
        class(parimap_stream), intent(in) :: self
        integer, intent(out), optional :: stat
        call tell(int(c_cancel(self%handle)), stat)
    end subroutine

    ! Ends the stream, at its end or before: nothing further is begun, and it returns when what runs has returned.
    recursive subroutine destroy_stream(self)
        class(parimap_stream), intent(inout) :: self
        call c_stream_destroy(self%handle)
        self%handle = c_null_ptr
        if (associated(self%call)) deallocate (self%call)
    end subroutine

    ! --- Between Fortran and C ------------------------------------------------------------------------------------------

    recursive subroutine begin_stream(pool, stream, order, function, n, result_size, options, stat)
        type(parimap_pool), intent(in) :: pool
        type(parimap_stream), intent(inout) :: stream
        integer(c_int), intent(in) :: order
        class(parimap_function), intent(inout), target :: function
        integer, intent(in) :: n
        integer(c_size_t), intent(in) :: result_size
        type(parimap_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        character(kind=c_char), allocatable, target :: description(:)
        call stream%destroy()
        allocate (stream%call)
        stream%call%function => function
        stream%handle = c_imap(pool%handle, count_of(n), order, c_funloc(call_function), c_loc(stream%call), result_size, &
            for_c(options, description))
        call tell(merge(parimap_ok, parimap_last_error_code(), c_associated(stream%handle)), stat)
    end subroutine

    recursive function call_action(context, index) bind(c, name='') result(code)
        type(c_ptr), value :: context
        integer(c_size_t), value :: index
        integer(c_int) :: code
        type(action_call), pointer :: call
        integer :: stat
        call c_f_pointer(context, call)
        stat = 0
        call call%action%run(int(index) + 1, stat)
        code = int(stat, c_int)
    end function

    recursive function call_function(context, index, result) bind(c, name='') result(code)
        type(c_ptr), value :: context
        integer(c_size_t), value :: index
        type(c_ptr), value :: result
        integer(c_int) :: code
        type(function_call), pointer :: call
        integer :: stat
        call c_f_pointer(context, call)
        stat = 0
        call call%function%run(int(index) + 1, result, stat)
        code = int(stat, c_int)
    end function

    ! As in a loop, fewer than none are none.
    pure function count_of(n) result(items)
        integer, intent(in) :: n
        integer(c_size_t) :: items
        items = int(max(n, 0), c_size_t)
    end function

    ! text: where the description is, for as long as the call needs it.
    recursive function for_c(options, text) result(made)
        type(parimap_options), intent(in), optional :: options
        character(kind=c_char), allocatable, target, intent(out) :: text(:)
        type(c_options) :: made
        integer :: i
        made = c_options(0_c_size_t, 0_c_size_t, .false._c_bool, c_null_ptr)
        if (.not. present(options)) return
        made%chunk = count_of(options%chunk)
        made%window = count_of(options%window)
        made%progress = logical(options%progress, c_bool)
        if (.not. allocated(options%description)) return
        allocate (text(len(options%description) + 1))
        do i = 1, len(options%description)
            text(i) = options%description(i:i)
        end do
        text(size(text)) = c_null_char
        made%description = c_loc(text)
    end function

    ! The Fortran string of one that ends with a null character.
    recursive function text_of(c_text) result(text)
        type(c_ptr), intent(in) :: c_text
        character(:), allocatable :: text
        character(kind=c_char), pointer :: characters(:)
        integer :: length, i
        call c_f_pointer(c_text, characters, [huge(0)])
        length = 0
        do while (characters(length + 1) /= c_null_char)
            length = length + 1
        end do
        allocate (character(length) :: text)
        do i = 1, length
            text(i:i) = characters(i)
        end do
    end function

    recursive subroutine tell(code, stat)
        integer, intent(in) :: code
        integer, intent(out), optional :: stat
        if (present(stat)) then
            stat = code
        else if (code /= parimap_ok) then
            write (error_unit, '(a)') parimap_last_error()
            error stop 1
        end if
    end subroutine
end module
