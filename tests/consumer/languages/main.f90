! SPDX-License-Identifier: MIT
! A program in Fortran that uses parimap from outside.

module counting
    use parimap
    implicit none
    type, extends(parimap_action) :: counter
        integer :: times(3) = 0
    contains
        procedure :: run => count_one
    end type
contains
    recursive subroutine count_one(self, index, stat)
        class(counter), intent(inout) :: self
        integer, intent(in) :: index
        integer, intent(inout) :: stat
        self%times(index) = self%times(index) + 1
        if (self%times(index) > 1) stat = 1
    end subroutine
end module

program main
    use counting
    implicit none
    type(parimap_pool) :: pool
    type(counter) :: counts
    call pool%create(2)
    call pool%for_each(counts, size(counts%times))
    call pool%destroy()
    if (any(counts%times /= 1)) error stop 1
end program
