! SPDX-License-Identifier: MIT
! When does a magnet lose its magnetisation? Simulates the two-dimensional Ising model, one temperature an item, and prints each
! result in order, in Fortran, while others are computed.

module ising
    use, intrinsic :: iso_c_binding, only: c_double, c_f_pointer, c_ptr
    use, intrinsic :: iso_fortran_env, only: int64
    use parimap
    implicit none

    type, bind(c) :: measured
        real(c_double) :: temperature
        real(c_double) :: energy           ! of a spin
        real(c_double) :: magnetisation    ! of a spin, without its sign
    end type

    type, extends(parimap_function) :: magnet
        integer :: side = 24
        integer :: sweeps = 1000
    contains
        procedure :: run => simulate
    end type

contains

    recursive subroutine simulate(self, index, result, stat)
        class(magnet), intent(inout) :: self
        integer, intent(in) :: index
        type(c_ptr), intent(in) :: result
        integer, intent(inout) :: stat
        type(measured), pointer :: mean
        integer, allocatable :: spins(:, :)
        integer(int64) :: random
        integer :: sweep, x, y, n, change, counted, allocated

        call c_f_pointer(result, mean)
        mean = measured(1 + 0.25_c_double * (index - 1), 0, 0)
        allocate (spins(self%side, self%side), source=1, stat=allocated)
        if (allocated /= 0) then
            stat = allocated
            return
        end if
        random = index    ! each item has numbers of its own, so the results do not depend on who runs what
        n = self%side
        counted = 0
        do sweep = 1, self%sweeps
            do y = 1, n
                do x = 1, n
                    change = 2 * spins(x, y) * neighbours(x, y)
                    if (change <= 0) then
                        spins(x, y) = -spins(x, y)
                    else if (next_random() < exp(-change / mean%temperature)) then
                        spins(x, y) = -spins(x, y)
                    end if
                end do
            end do
            if (sweep <= self%sweeps / 2) cycle    ! not at rest yet
            counted = counted + 1
            mean%magnetisation = mean%magnetisation + abs(sum(spins)) / real(n**2, c_double)
            mean%energy = mean%energy - sum(spins * (cshift(spins, 1, 1) + cshift(spins, 1, 2))) / real(n**2, c_double)
        end do
        mean%magnetisation = mean%magnetisation / counted
        mean%energy = mean%energy / counted

    contains

        integer function neighbours(x, y)
            integer, intent(in) :: x, y
            neighbours = spins(modulo(x, n) + 1, y) + spins(modulo(x - 2, n) + 1, y) + &
                spins(x, modulo(y, n) + 1) + spins(x, modulo(y - 2, n) + 1)
        end function

        ! Park and Miller's, from 0 to 1.
        real(c_double) function next_random()
            random = modulo(48271_int64 * random, 2147483647_int64)
            next_random = real(random, c_double) / 2147483647
        end function
    end subroutine
end module

program from_fortran
    use, intrinsic :: iso_c_binding, only: c_loc, c_sizeof
    use ising
    implicit none

    type(parimap_pool) :: pool
    type(parimap_stream) :: stream
    type(magnet), target :: iron
    type(measured), target :: mean

    call pool%create()    ! as many workers as there are CPUs
    call pool%ordered_imap(stream, iron, 17, c_sizeof(mean))
    do while (stream%next(c_loc(mean)))
        print '("T = ", f4.2, "  energy ", f6.3, "  magnetisation ", f5.3)', mean%temperature, mean%energy, mean%magnetisation
    end do
    call stream%destroy()
    call pool%destroy()
end program
