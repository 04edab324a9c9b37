static const int prices[4] = {3, 4, 5, 6};

static inline __attribute__((always_inline)) int price_of(volatile int *sku) {
    return prices[*sku & 3] / (*sku - 7);
}

__attribute__((noinline)) int total(volatile int *skus) {
    int sum = price_of(skus);
    return sum + 1;
}

int main(int count, char **arguments) {
    volatile int sku = count + 6;
    return total(&sku);
}
