package shop;

public class Main {
    public static void main(String[] arguments) {
        Cart cart = new Cart();
        cart.add("apple");
        cart.add(7);
        System.out.println(cart.total());
    }
}
