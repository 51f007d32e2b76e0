/**
 * `country: cities` of which the bare name means the one there to everybody. Not Paris, Rome, Athens, London, Dublin, Birmingham, Cambridge,
 * Hyderabad, Tripoli, Valencia or Georgetown: there are others that are asked for.
 */
export const CITIES = `
india: mumbai delhi bangalore bengaluru chennai kolkata pune ahmedabad jaipur lucknow kochi
japan: tokyo osaka kyoto yokohama
china: beijing shanghai shenzhen guangzhou
germany: munich hamburg cologne stuttgart
austria: salzburg innsbruck graz
spain: barcelona seville
portugal: lisbon porto
france: marseille toulouse bordeaux
netherlands: amsterdam rotterdam
sweden: stockholm gothenburg
norway: oslo
denmark: copenhagen
finland: helsinki
poland: warsaw krakow
hungary: budapest
switzerland: zurich
turkey: istanbul ankara
thailand: bangkok
vietnam: hanoi
indonesia: jakarta
philippines: manila
brazil: brasilia
egypt: cairo
kenya: nairobi
nigeria: lagos abuja
pakistan: karachi lahore islamabad
bangladesh: dhaka
nepal: kathmandu
`;
