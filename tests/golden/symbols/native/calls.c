#include <stdio.h>

extern char __executable_start;

__attribute__((noinline)) static void report(void) {
    printf("%p %p\n", (void *)&__executable_start, __builtin_return_address(0));
}

static inline __attribute__((always_inline)) int price_of(int sku) {
    report();
    return sku * 2;
}

__attribute__((noinline)) static int total(int sku) {
    int sum = price_of(sku);
    return sum + 1;
}

int main(int count, char **arguments) {
    (void)arguments;
    return total(count) == 0;
}
