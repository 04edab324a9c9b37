package shop;

class PricingException extends RuntimeException {
    PricingException(String message) {
        super(message);
    }
}
