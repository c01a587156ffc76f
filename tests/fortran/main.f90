! SPDX-License-Identifier: MIT
! What the module parimap promises to programs in Fortran.

module items
    use, intrinsic :: iso_c_binding, only: c_double, c_f_pointer, c_int, c_ptr
    use parimap
    implicit none

    integer, parameter :: count = 1000

    type, extends(parimap_action) :: marking
        integer :: times(count) = 0
        integer :: wrong_workers(count) = 0
        integer :: workers = 0
        integer :: fails_from = count + 1
    contains
        procedure :: run => mark
    end type

    type, extends(parimap_function) :: squaring
        real(c_double) :: factor = 1
        integer :: fails_at = 0
    contains
        procedure :: run => square
    end type

    ! Has more local memory than gfortran puts on the stack of a procedure that is not recursive.
    type, extends(parimap_function) :: summing
    contains
        procedure :: run => sum_in_large_array
    end type

    ! Has more of it than there is on a usual stack.
    type, extends(parimap_function) :: summing_on_large_stack
    contains
        procedure :: run => sum_in_huge_array
    end type

    type, extends(parimap_action) :: nesting
        type(parimap_pool) :: pool
        integer :: sums(20) = 0
    contains
        procedure :: run => mark_inside
    end type

contains

    recursive subroutine mark(self, index, stat)
        class(marking), intent(inout) :: self
        integer, intent(in) :: index
        integer, intent(inout) :: stat
        integer :: worker
        if (index >= self%fails_from) then
            stat = 100 + index
            return
        end if
        self%times(index) = self%times(index) + 1
        worker = parimap_worker_index()
        if (worker < 1 .or. worker > self%workers) self%wrong_workers(index) = 1
    end subroutine

    recursive subroutine square(self, index, result, stat)
        class(squaring), intent(inout) :: self
        integer, intent(in) :: index
        type(c_ptr), intent(in) :: result
        integer, intent(inout) :: stat
        real(c_double), pointer :: x
        call c_f_pointer(result, x)
        x = self%factor * real(index, c_double)**2
        if (index == self%fails_at) stat = -5
    end subroutine

    subroutine sum_in_large_array(self, index, result, stat)
        class(summing), intent(inout) :: self
        integer, intent(in) :: index
        type(c_ptr), intent(in) :: result
        integer, intent(inout) :: stat
        integer(c_int) :: numbers(20000)
        integer(c_int), pointer :: x
        integer :: i, round
        do round = 1, 5
            do i = 1, size(numbers)
                numbers(i) = int(index, c_int)
            end do
            if (any(numbers /= index) .or. .not. same_type_as(self, self)) stat = 1
        end do
        call c_f_pointer(result, x)
        x = sum(numbers)
    end subroutine

    recursive subroutine sum_in_huge_array(self, index, result, stat)
        class(summing_on_large_stack), intent(inout) :: self
        integer, intent(in) :: index
        type(c_ptr), intent(in) :: result
        integer, intent(inout) :: stat
        integer(c_int) :: numbers(8000000)
        integer(c_int), pointer :: x
        numbers = int(index, c_int)
        if (numbers(size(numbers) / index) /= index .or. .not. same_type_as(self, self)) stat = 1
        call c_f_pointer(result, x)
        x = sum(numbers(::1000000))
    end subroutine

    recursive subroutine mark_inside(self, index, stat)
        class(nesting), intent(inout) :: self
        integer, intent(in) :: index
        integer, intent(inout) :: stat
        type(marking) :: inner
        inner%workers = self%pool%size()
        call self%pool%for_each(inner, index, stat=stat)
        self%sums(index) = sum(inner%times)
    end subroutine
end module

program main
    use, intrinsic :: iso_c_binding, only: c_double, c_int, c_loc, c_null_ptr, c_size_t, c_sizeof
    use, intrinsic :: iso_fortran_env, only: error_unit
    use items
    implicit none

    type(parimap_pool) :: pool
    integer :: failures = 0

    call pool%create()
    call check(pool%size() >= 1, 'a pool has workers')
    call pool%create(3)
    call check(pool%size() >= 1, 'a pool can be made anew')
    call pool_options()

    call actions()
    call functions()
    call streams()
    call errors()

    call pool%destroy()
    call pool%destroy()
    if (failures > 0) error stop 1

contains

    subroutine pool_options()
        type(parimap_pool) :: special
        type(summing_on_large_stack) :: function
        type(parimap_stream) :: stream
        integer(c_int), target :: total
        integer :: stat, results
        call special%create(2, inner_threads=2)
        call check(special%size() >= 1, 'a pool can have inner threads')
        call special%create(2, stat, inner_threads=-1)
        call check(stat == parimap_bad_argument, 'there are not less inner threads than none')
        call special%create(2, stat, stack_size=256 * 2_c_size_t**20)
        if (stat /= parimap_wrong_use) then    ! as on backends that cannot choose it
            call check(stat == parimap_ok, 'a pool can have large stacks')
            ! A stream: other calls run some of their items on the thread that makes them.
            call special%ordered_imap(stream, function, 10, c_sizeof(total))
            results = 0
            do while (stream%next(c_loc(total)))
                results = results + 1
                call check(total == 8 * results, 'local arrays may be larger than a usual stack')
            end do
            call check(results == 10, 'all of them')
            call stream%destroy()
        end if
        call special%destroy()
    end subroutine

    subroutine check(is_right, text)
        logical, intent(in) :: is_right
        character(*), intent(in) :: text
        if (is_right) return
        write (error_unit, '(3a)') text, '; the last error is: ', parimap_last_error()
        failures = failures + 1
    end subroutine

    subroutine actions()
        type(marking) :: action
        type(nesting) :: outer
        integer :: stat, i
        action%workers = pool%size()
        call pool%for_each(action, count, stat=stat)
        call check(stat == parimap_ok, 'for_each() returns 0')
        call check(all(action%times == 1), 'each index is run once')
        call check(all(action%wrong_workers == 0), 'workers are 1 to size')
        call check(parimap_worker_index() == 0, 'there is no worker outside')
        call pool%for_each(action, count, parimap_options(chunk=3, window=5))
        call check(all(action%times == 2), 'each index is run once more, with options')
        call pool%for_each(action, -1)
        call check(all(action%times == 2), 'less than none are none')

        action%fails_from = 30
        call pool%for_each(action, count, stat=stat)
        call check(stat == parimap_item_failed, 'an item has failed')
        call check(parimap_last_error_code() == parimap_item_failed, 'the last error is that')
        call check(parimap_failed_index() == 30, 'the lowest index that failed is told')
        call check(parimap_failed_code() == 130, 'its stat is told')
        call check(all(action%times(1:29) == 3), 'all before it were run')

        outer%pool = pool
        call pool%for_each(outer, size(outer%sums))
        call check(all(outer%sums == [(i, i = 1, size(outer%sums))]), 'items make calls')
    end subroutine

    subroutine functions()
        type(squaring) :: function
        type(summing) :: sums
        real(c_double), target :: squares(count)
        integer(c_int), target :: totals(count)
        integer :: i
        function%factor = 0.5_c_double
        call pool%map(function, count, c_loc(squares), c_sizeof(squares(1)))
        call check(all(abs(squares - [(0.5 * real(i, c_double)**2, i = 1, count)]) < 1e-9), 'each result is in its place')
        call pool%map(sums, count, c_loc(totals), c_sizeof(totals(1)))
        call check(all(totals == [(20000 * i, i = 1, count)]), 'large local arrays are the own ones of each call')
    end subroutine

    subroutine streams()
        type(squaring), target :: function
        type(parimap_stream) :: stream
        real(c_double), target :: x
        integer :: index, stat, seen, failed, times(count)
        logical :: is_there

        call pool%ordered_imap(stream, function, count, c_sizeof(x))
        seen = 0
        do while (stream%next(c_loc(x), index))
            seen = seen + 1
            if (index /= seen .or. abs(x - real(seen, c_double)**2) > 1e-9) exit
        end do
        call check(seen == count, 'an ordered stream keeps the order')
        is_there = stream%next(c_loc(x), index, stat)
        call check(.not. is_there .and. stat == parimap_ok, 'behind its end is nothing')

        times = 0
        call pool%unordered_imap(stream, function, count, c_sizeof(x), parimap_options(window=7))
        do while (stream%next(c_loc(x), index))
            if (abs(x - real(index, c_double)**2) < 1e-9) times(index) = times(index) + 1
        end do
        call check(all(times == 1), 'an unordered stream has each result once')

        function%fails_at = 7
        call pool%ordered_imap(stream, function, 10, c_sizeof(x))
        seen = 0
        failed = 0
        do while (stream%next(c_loc(x), index, stat))
            seen = seen + 1
            if (stat /= parimap_item_failed) cycle
            failed = index
            call check(parimap_failed_index() == 7, 'the item that failed is told')
            call check(parimap_failed_code() == -5, 'and its stat')
        end do
        call check(seen == 10 .and. failed == 7, 'a stream goes on behind a failure')

        function%fails_at = 0
        call pool%ordered_imap(stream, function, huge(0), c_sizeof(x))
        is_there = stream%next(c_loc(x))
        call check(is_there, 'a long stream begins')
        call stream%destroy()
        is_there = stream%next(c_loc(x), stat=stat)
        call check(.not. is_there .and. stat == parimap_bad_argument, 'a stream may be left, and is gone')

        call pool%ordered_imap(stream, function, huge(0), c_sizeof(x))
        call stream%cancel()
        is_there = stream%next(c_loc(x), index, stat)
        call check(.not. is_there .and. stat == parimap_cancelled, 'a cancelled stream says so')
        call check(index == 0, 'there is no index then')
        call stream%destroy()
    end subroutine

    subroutine errors()
        type(parimap_pool) :: none
        type(parimap_stream) :: stream
        type(marking) :: action
        type(squaring), target :: function
        real(c_double), target :: x
        integer :: stat, error
        call none%for_each(action, 1, stat=stat)
        call check(stat == parimap_bad_argument, 'a pool that was not created is refused')
        call check(parimap_last_error() == 'parimap_for_each: the pool is null; make one with parimap_pool_create()', 'with a text')
        call pool%map(function, 1, c_null_ptr, c_sizeof(x), stat=stat)
        call check(stat == parimap_bad_argument, 'results must be somewhere')
        call none%ordered_imap(stream, function, 1, c_sizeof(x), stat=stat)
        call check(stat == parimap_bad_argument, 'a stream needs a pool')
        call stream%cancel(stat)
        call check(stat == parimap_bad_argument, 'there is no stream then')
        call none%create(-1, stat)
        call check(stat == parimap_bad_argument, 'there are not less workers than none')
        call pool%unordered_imap(stream, function, 1, c_sizeof(x), parimap_options(description=''), stat)
        call check(stat == parimap_ok, 'a description may be empty')
        call stream%destroy()
        do error = parimap_other_error, parimap_ok
            call check(len(parimap_strerror(error)) > 0, 'errors have texts')
            call check(parimap_strerror(error) /= parimap_strerror(1), 'other numbers have another one')
        end do
    end subroutine
end program
